/** Invocations that can be ended as Lambda ends a function at its time limit: nothing it asks for comes back, the rest of the product lives on. */
import { AsyncLocalStorage } from 'node:async_hooks'
import type { CloudApi } from '#engine/model/cloud.ts'
import type { FunctionSettings } from '#local/functions.ts'
import type { Cloud } from '#operations/ports.ts'
import type { DataApi } from '#postgres/data-api.ts'
import { Life, never } from './life.ts'

interface Invocation {
  readonly functionName: string
  readonly life: Life
  readonly end: (error: Error) => void
}

export interface Killable {
  /** Of every function's invocations, in order. */
  readonly invocations: readonly string[]
  readonly around: NonNullable<FunctionSettings['around']>
  readonly wrapDataApi: (dataApi: DataApi) => DataApi
  readonly wrapCloud: (cloud: Cloud) => Cloud
  /** Ends the invocation that makes the next call that `isFatal` picks; `when`: before AWS has it, or when it has done it. */
  killAt(isFatal: (operation: string) => boolean, when: 'before' | 'after'): void
  /** Ends the invocation of this function that begins next, at its so many-th request of the database, unanswered. */
  killAtRequest(functionName: string, request: number): void
}

const ended = (name: string): Error =>
  Object.assign(new Error(`Task timed out: ${name}`), { name: 'Sandbox.Timedout' })

export function killable(): Killable {
  const current = new AsyncLocalStorage<Invocation>()
  const invocations: string[] = []
  let fatal: { isFatal: (operation: string) => boolean; when: 'before' | 'after' } | undefined
  let atRequest: { functionName: string; request: number } | undefined

  const kill = ({ functionName, life, end }: Invocation): Promise<never> => {
    life.isOver = true
    end(ended(functionName))
    return never
  }
  const around: Killable['around'] = (functionName, work) => {
    invocations.push(functionName)
    const { promise, reject } = Promise.withResolvers<never>()
    const life = new Life()
    if (atRequest?.functionName === functionName) {
      life.endAfter(atRequest.request)
      atRequest = undefined
    }
    return Promise.race([current.run({ functionName, life, end: reject }, work), promise])
  }
  /** Nothing of the dead one is rolled back for it: what it had open stays open until it has idled for too long. */
  const mortal =
    <Given extends unknown[], Result>(request: (...given: Given) => Promise<Result>) =>
    async (...given: Given): Promise<Result> => {
      const invocation = current.getStore()
      if (!invocation) return await request(...given)
      if (invocation.life.isOver) return await never
      if (invocation.life.isLast()) return await kill(invocation)
      const answer = await request(...given)
      return invocation.life.isOver ? await never : answer
    }
  return {
    invocations,
    around,
    wrapDataApi: (dataApi) => ({
      execute: mortal((request) => dataApi.execute(request)),
      begin: mortal((login) => dataApi.begin(login)),
      commit: mortal((login, id) => dataApi.commit(login, id)),
      rollback: mortal((login, id) => dataApi.rollback(login, id)),
    }),
    wrapCloud: (cloud) => ({
      settleMs: (published) => cloud.settleMs(published),
      api: (client, place, signal) => {
        const api = cloud.api(client, place, signal)
        const send: CloudApi['send'] = async (command, input) => {
          const invocation = current.getStore()
          if (invocation?.life.isOver) return await never
          const operation = (command as unknown as { name: string }).name.replace(/Command$/, '')
          const isLast = invocation !== undefined && fatal?.isFatal(operation) === true
          const when = fatal?.when
          if (isLast) fatal = undefined
          if (isLast && when === 'before') return await kill(invocation)
          const output = await api.send(command, input)
          return isLast ? await kill(invocation) : output
        }
        return { ...api, send }
      },
    }),
    killAt: (isFatal, when) => {
      fatal = { isFatal, when }
    },
    killAtRequest: (functionName, request) => {
      atRequest = { functionName, request }
    },
  }
}
