import type { DesiredDeployment, DesiredList } from '../../shared/documents/desired-list.ts'
import type { DeploymentId } from '../../shared/ids.ts'
import type { DeploymentState, Desired } from '../../shared/messages/index.ts'
import type { BlobStore } from '../blobs/store.ts'
import { Follower, type FollowerOptions } from './follower.ts'
import { Instance, type InstanceOptions } from './instance.ts'
import { reconcile } from './reconcile.ts'

export type DeploymentsOptions = Omit<FollowerOptions, 'apply'> & InstanceOptions & { readonly store: BlobStore }

/** What this proplet keeps running, connected or not. [P-7] */
export class Deployments {
  readonly #options: DeploymentsOptions
  readonly #follower: Follower
  readonly #instances = new Map<DeploymentId, Instance>()
  #list: readonly DesiredDeployment[] = []
  /** Removed ones whose devices are not given back yet. */
  readonly #leaving = new Set<Promise<void>>()
  #online = false

  constructor(options: DeploymentsOptions) {
    this.#options = options
    this.#follower = new Follower({ ...options, apply: (list) => this.#apply(list) })
  }

  /** Begins what the own disk names: no connection is needed for it. [P-7.2] */
  open(): Promise<void> {
    return this.#follower.open()
  }

  onDesired(index: Desired): void {
    this.#follower.onDesired(index)
  }

  welcomed(): void {
    this.#online = true
    this.#follower.report()
    for (const instance of this.#instances.values()) {
      instance.report()
      instance.online()
    }
  }

  disconnected(): void {
    this.#online = false
    for (const instance of this.#instances.values()) instance.offline()
  }

  get running(): number {
    return [...this.#instances.values()].filter(({ running }) => running).length
  }

  states(): DeploymentState[] {
    return [...this.#instances.values()].map((instance) => instance.status())
  }

  async close(): Promise<void> {
    await this.#follower.close()
    await Promise.all([...this.#instances.values()].map((instance) => instance.close()))
    this.#instances.clear()
    await Promise.all(this.#leaving)
  }

  #apply(list: DesiredList): void {
    const actions = reconcile(this.#list, list.deployments)
    this.#pin(list.deployments)
    this.#list = list.deployments
    for (const action of actions) {
      if (action.do === 'begin') this.#begin(action.deployment)
      else if (action.do === 'change') this.#instances.get(action.deployment.deployment)?.change(action.deployment)
      else this.#stop(action.id)
    }
    this.#options.log.info({ deployments: list.deployments.length, changes: actions.length }, 'deployments taken over')
  }

  #begin(deployment: DesiredDeployment): void {
    const instance = new Instance(deployment, this.#options)
    this.#instances.set(deployment.deployment, instance)
    if (this.#online) instance.online()
    instance.begin()
  }

  #stop(id: DeploymentId): void {
    const left = this.#instances.get(id)?.remove()
    this.#instances.delete(id)
    if (!left) return
    this.#leaving.add(left)
    void left.finally(() => this.#leaving.delete(left))
  }

  /** What the list names stays on disk, whatever else wants the room: without a connection it cannot come again. */
  #pin(next: readonly DesiredDeployment[]): void {
    const { store } = this.#options
    for (const { manifest, image } of next) for (const digest of [manifest, image]) store.pin(digest)
    for (const { manifest, image } of this.#list) for (const digest of [manifest, image]) store.unpin(digest)
  }
}
