/** What an emulator lacks, told from what it stumbles over: both get the same page, but what it lacks never gets anything else. */
import { IasqlError } from '#engine/model/error.ts'
import { isRead } from '#engine/throttle/buckets.ts'
import { isStumble, statusOf } from './classify-error.ts'

/** Pages in a row after which an operation counts as lacking. */
const untilLacking = 2
/** Of one that it has answered before: it is there, but this call of it may never go through. */
const untilHopeless = 6

export interface EmulatorAnswers {
  /** Rejects with the error of the SDK, or with `cloud/not-emulated`. A read is made a second time if need be. */
  of<Output>(service: string, operation: string, call: () => Promise<Output>): Promise<Output>
}

/** Remembers for as long as the cloud is used what it has answered. */
export function emulatorAnswers(): EmulatorAnswers {
  const answered = new Set<string>()
  const pagesInARow = new Map<string, number>()

  const noteAnswer = (name: string): void => {
    answered.add(name)
    pagesInARow.delete(name)
  }
  const once = async <Output>(name: string, call: () => Promise<Output>): Promise<Output> => {
    try {
      const output = await call()
      noteAnswer(name)
      return output
    } catch (error) {
      if (isStumble(error)) pagesInARow.set(name, (pagesInARow.get(name) ?? 0) + 1)
      else if (statusOf(error) !== undefined) noteAnswer(name)
      throw error
    }
  }
  const isLacking = (name: string): boolean =>
    (pagesInARow.get(name) ?? 0) >= (answered.has(name) ? untilHopeless : untilLacking)

  return {
    async of(service, operation, call) {
      const name = `${service} ${operation}`
      try {
        return await once(name, call).catch((error: unknown) => {
          if (!isStumble(error) || !isRead(operation)) throw error
          return once(name, call)
        })
      } catch (error) {
        if (!isStumble(error) || !isLacking(name)) throw error
        throw notEmulated(operation, error)
      }
    },
  }
}

const notEmulated = (operation: string, cause: unknown): IasqlError =>
  new IasqlError('cloud/not-emulated', `${operation}: the emulator does not implement this call`, { cause })
