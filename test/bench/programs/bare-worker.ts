import { parentPort } from 'node:worker_threads'

/** Answers what it is told. */
parentPort?.on('message', (message) => parentPort?.postMessage(message))
parentPort?.postMessage('ready')
