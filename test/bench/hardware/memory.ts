import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'

/** Memory of kept instances, each in a process of its own so that nothing else is counted. */
export async function memoryOfInstances(count: number): Promise<Record<string, number[]>> {
  const measure = async (devices: 'with' | 'without'): Promise<number> => {
    const program = join(import.meta.dirname, 'memory-program.ts')
    const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', program, devices, `${count}`])
    return Number(stdout)
  }
  return { 'hw.memory.instance': [await measure('with')], 'floor.hw.memory.instance': [await measure('without')] }
}
