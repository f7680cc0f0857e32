import type { Logger } from 'pino'
import type { Clock } from '../../shared/clock.ts'
import type { BoardDefaults } from './boards/board-spec.ts'
import { defaultSocket } from './config.ts'
import { type Lab, openLab } from './lab.ts'
import type { LabMqttOptions } from './mqtt.ts'
import { serveLab } from './server.ts'

export type StartLabOptions = {
  /** The lab file. */
  readonly file: string
  /** Unix socket for proplets. @default `samara-lab-NAME.sock` in the folder for temporary files */
  readonly socket?: string
  readonly clock: Clock
  readonly log: Logger
  /** Where HTTP listens; not at all where left out. Port 0 takes a free one. */
  readonly http?: { readonly host: string; readonly port: number } | undefined
  /** Broker over which operators control it; none where left out. */
  readonly mqtt?: Omit<LabMqttOptions, 'log'> | undefined
  /** What simulated boards have where the lab file leaves it out. */
  readonly boards?: BoardDefaults | undefined
  /** Whether boards start with the lab, or only when somebody asks. @default true */
  readonly startBoards?: boolean
}

export type RunningLab = {
  readonly lab: Lab
  readonly socket: string
  readonly url: string | undefined
  close(): Promise<void>
}

type Closing = { close(): Promise<void> }

/** A lab that others can reach. Embedded in another program or one of its own, it is this. */
export async function startLab(options: StartLabOptions): Promise<RunningLab> {
  const { file, socket, clock, log, http, mqtt, boards, startBoards = true } = options
  const lab = await openLab(file, { clock, log, boards })
  const path = socket ?? defaultSocket(lab.name)
  const started: Closing[] = [lab.boards]
  const close = async () => {
    for (const one of started.splice(0).reverse()) await one.close()
  }
  try {
    started.push(await serveLab(lab, path, log))
    const web = http && (await (await import('./http.ts')).openLabHttp(lab, { ...http, clock, log }))
    if (web) started.push(web)
    if (mqtt) started.push((await import('./mqtt.ts')).connectLabMqtt(lab, { ...mqtt, log }))
    // Whoever asks meanwhile is told that they are starting.
    if (startBoards) void lab.boards.startAll()
    return { lab, socket: path, url: web?.url, close }
  } catch (error) {
    await close()
    throw error
  }
}
