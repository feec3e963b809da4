/** Absence as a value, where a call answers by an error that something does not exist. */
import { IasqlError } from '#engine/model/error.ts'

/** The result, or undefined when AWS says that the thing does not exist. */
export async function unlessAbsent<Result>(call: Promise<Result>): Promise<Result | undefined> {
  try {
    return await call
  } catch (error) {
    if (error instanceof IasqlError && error.code === 'cloud/not-found') return undefined
    throw error
  }
}
