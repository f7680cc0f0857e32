import type { Logger } from 'pino'
import type { Clock } from '../../shared/clock.ts'
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
}

export type RunningLab = {
  readonly lab: Lab
  readonly socket: string
  readonly url: string | undefined
  close(): Promise<void>
}

type Closing = { close(): Promise<void> }

/** A lab that others can reach. Embedded in another program or one of its own, it is this. */
export async function startLab({ file, socket, clock, log, http, mqtt }: StartLabOptions): Promise<RunningLab> {
  const lab = await openLab(file, { clock, log })
  const path = socket ?? defaultSocket(lab.name)
  const started: Closing[] = []
  const close = async () => {
    for (const one of started.splice(0).reverse()) await one.close()
  }
  try {
    started.push(await serveLab(lab, path, log))
    const web = http && (await (await import('./http.ts')).openLabHttp(lab, { ...http, clock, log }))
    if (web) started.push(web)
    if (mqtt) started.push((await import('./mqtt.ts')).connectLabMqtt(lab, { ...mqtt, log }))
    return { lab, socket: path, url: web?.url, close }
  } catch (error) {
    await close()
    throw error
  }
}
