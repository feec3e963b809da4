/** Reads of an emulator that says it lacks them: under load it answers so what it stumbles over once. What it lacks, it lacks twice. */
import { IasqlError } from '#engine/model/error.ts'

/** @param read Safe to repeat. */
export async function twiceIfLacking<Result>(read: () => Promise<Result>): Promise<Result> {
  try {
    return await read()
  } catch (error) {
    if (!(error instanceof IasqlError) || error.code !== 'cloud/not-emulated') throw error
    return await read()
  }
}
