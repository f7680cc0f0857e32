/** One figure, with the floor that it is judged against. */
export type Row = {
  readonly id: string
  readonly value: number
  readonly unit: string
  readonly floor?: number
  readonly floorId?: string
  readonly ratio?: number
  readonly p50?: number
  readonly p99?: number
  readonly samples: number
}

/** What is measured, before floors are known. */
export type Measured = Pick<Row, 'id' | 'value' | 'unit' | 'p50' | 'p99' | 'samples'>

export function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

/** A row of latencies in ms: its value is the median. */
export function latency(id: string, samplesMs: readonly number[]): Measured {
  const sorted = [...samplesMs].sort((a, b) => a - b)
  const p50 = quantile(sorted, 0.5)
  return { id, value: p50, unit: 'ms', p50, p99: quantile(sorted, 0.99), samples: sorted.length }
}

/** A row of something per second, or of an amount: its value is the median of the repetitions. */
export const rate = (id: string, unit: string, samples: readonly number[]): Measured => ({
  ...latency(id, samples),
  unit,
})

/** Which floor each row stands on. */
export const floors: Readonly<Record<string, string>> = {
  'invoke.warm.core': 'floor.path',
  'invoke.warm.component': 'floor.path',
  'invoke.cold.core': 'floor.path',
  'invoke.cold.component': 'floor.path',
  'invoke.first.core': 'floor.path',
  'invoke.first.component': 'floor.path',
  'throughput.durable': 'floor.sqlite.rate',
  'worker.start': 'floor.worker.start',
  'start.manager': 'floor.node.start',
  'start.proplet': 'floor.node.start',
  'memory.manager': 'floor.node.memory',
  'memory.proplet': 'floor.node.memory',
  'memory.own.manager': 'floor.node.memory.own',
  'memory.own.proplet': 'floor.node.memory.own',
  'delivery.chunked': 'floor.delivery',
  'hw.i2c.function': 'floor.hw.i2c.driver',
  'hw.gpio.function': 'floor.hw.gpio.driver',
  'hw.i2c.lab': 'floor.hw.i2c.lab',
  'hw.gpio.lab': 'floor.hw.gpio.lab',
  'hw.i2c.kernel': 'floor.hw.i2c.kernel',
  'hw.gpio.kernel': 'floor.hw.gpio.kernel',
  'hw.memory.instance': 'floor.hw.memory.instance',
  'mcu.instances': 'floor.mcu.instances',
  'mcu.instance': 'floor.mcu.instance',
  'mcu.memory': 'floor.mcu.memory',
  'mcu.memory.tls': 'floor.mcu.memory.tls',
  'mcu.call': 'floor.mcu.path',
  'mcu.publish64k': 'floor.mcu.publish64k',
  'mcu.native': 'floor.mcu.native',
  'mcu.native.gpio': 'floor.mcu.native.gpio',
  'mcu.bus': 'floor.mcu.bus',
  'mcu.stop.calls': 'floor.mcu.stop.calls',
  'mcu.stop.loop': 'floor.mcu.stop.loop',
  'mcu.stop.threads.calls': 'floor.mcu.stop.calls',
  'mcu.stop.threads.loop': 'floor.mcu.stop.loop',
  'zephyr.boot': 'floor.zephyr.boot',
  'zephyr.roundtrip': 'floor.zephyr.path',
  'zephyr.publish64k': 'floor.zephyr.publish64k',
  'zephyr.i2c': 'floor.zephyr.i2c',
  'zephyr.gpio': 'floor.zephyr.gpio',
  'proplets.1000': 'floor.heartbeats.1000',
  'proplets.10000': 'floor.heartbeats.10000',
}

/** Rows with their floors of the same run beside them. */
export function withFloors(measured: readonly Measured[]): Row[] {
  const byId = new Map(measured.map((row) => [row.id, row]))
  return measured.map((row) => {
    const floorId = floors[row.id]
    const floor = floorId === undefined ? undefined : byId.get(floorId)?.value
    if (floorId === undefined || floor === undefined) return row
    return { ...row, floor, floorId, ...(floor > 0 && { ratio: row.value / floor }) }
  })
}

export function table(rows: readonly Row[]): string {
  const cells = [
    ['id', 'value', 'unit', 'floor', 'ratio', 'p50', 'p99', 'samples'],
    ...rows.map((row) => [
      row.id,
      number(row.value),
      row.unit,
      row.floor === undefined ? '' : `${number(row.floor)} (${row.floorId})`,
      number(row.ratio),
      number(row.p50),
      number(row.p99),
      `${row.samples}`,
    ]),
  ]
  const widths = (cells[0] ?? []).map((_, column) => Math.max(...cells.map((row) => (row[column] ?? '').length)))
  return cells
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

const number = (value: number | undefined): string =>
  value === undefined ? '' : value >= 100 ? value.toFixed(0) : value >= 1 ? value.toFixed(2) : value.toFixed(3)
