/** The Data API of logins that can break themselves: what is refused is looked into, and a login that was repaired tries again. */
import { type DataApi, DataApiError, type Login } from './data-api.ts'
import { sqlstateOf } from './database-error.ts'

/** Told what was refused: to connect at all, or something to one who is connected. Must not reject. */
export type Repair = (login: Login, refused: 'connection' | 'right') => Promise<void>

/** A session that cannot start fails with 28xxx, or with whatever a planted setting makes of it; 53300 is a quota's. */
const isRefusedConnection = (error: unknown): boolean =>
  error instanceof DataApiError &&
  (error.fault === 'forbidden' || (error.fault === 'database-error' && sqlstateOf(error) !== '53300'))

/** @example const dataApi = repairingDataApi(inProcessDataApi(options), (login, refused) => repairLogin(login, refused)) */
export function repairingDataApi(dataApi: DataApi, repair: Repair): DataApi {
  const repairing = new Map<string, Promise<void>>()
  const once: Repair = async (login, refused) => {
    const key = `${login.secret}\n${refused}`
    const current = repairing.get(key) ?? repair(login, refused).finally(() => repairing.delete(key))
    repairing.set(key, current)
    await current
  }
  return {
    begin: async (login) => {
      try {
        return await dataApi.begin(login)
      } catch (error) {
        if (!isRefusedConnection(error)) throw error
        await once(login, 'connection')
        return await dataApi.begin(login)
      }
    },
    execute: async (request) => {
      try {
        return await dataApi.execute(request)
      } catch (error) {
        // The transaction is lost; the next one finds the rights that this one missed.
        if (sqlstateOf(error) === '42501') await once(request.login, 'right')
        throw error
      }
    },
    commit: (login, transactionId) => dataApi.commit(login, transactionId),
    rollback: (login, transactionId) => dataApi.rollback(login, transactionId),
  }
}
