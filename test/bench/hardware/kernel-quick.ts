import { measureInKernel } from './kernel.ts'

await measureInKernel({ rounds: 2, count: 20 })
