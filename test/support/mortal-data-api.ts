/** A Data API whose caller dies with a call of one's choice: nothing is asked after that, and what was open is rolled back. */
import { type DataApi, DataApiError, type Login } from '#postgres/data-api.ts'

export interface MortalDataApi extends DataApi {
  /** Calls so far. */
  readonly calls: number
}

/** `lives`: how many calls there may be. */
export function mortalDataApi(dataApi: DataApi, lives: number): MortalDataApi {
  const open = new Map<string, Login>()
  let calls = 0
  let burial: Promise<unknown> | undefined
  const bury = () =>
    Promise.allSettled([...open].map(([transactionId, login]) => dataApi.rollback(login, transactionId)))
  const live = async <Answer>(call: () => Promise<Answer>): Promise<Answer> => {
    calls += 1
    if (calls <= lives) return await call()
    burial ??= bury()
    await burial
    throw new DataApiError('unavailable', 'The process is dead')
  }
  return {
    get calls() {
      return calls
    },
    execute: (request) => live(() => dataApi.execute(request)),
    begin: (login) =>
      live(async () => {
        const transactionId = await dataApi.begin(login)
        open.set(transactionId, login)
        return transactionId
      }),
    commit: (login, transactionId) =>
      live(async () => {
        await dataApi.commit(login, transactionId)
        open.delete(transactionId)
      }),
    rollback: (login, transactionId) =>
      live(async () => {
        await dataApi.rollback(login, transactionId)
        open.delete(transactionId)
      }),
  }
}
