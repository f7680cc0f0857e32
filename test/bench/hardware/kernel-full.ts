import { measureInKernel } from './kernel.ts'

await measureInKernel({ rounds: 9, count: 300 })
