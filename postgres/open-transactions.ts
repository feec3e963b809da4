/** The open transactions and their limits: one statement at a time, three idle minutes, a day in all. */
import { randomUUID } from 'node:crypto'
import type { PoolClient } from 'pg'
import { keyOf } from './connection-pools.ts'
import { DataApiError, type Login } from './data-api.ts'

export interface OpenTransaction {
  readonly id: string
  readonly loginKey: string
  readonly client: PoolClient
  readonly endsAt: number
  readonly onLost: () => void
  idleTimer: NodeJS.Timeout | undefined
  isBusy: boolean
}

export interface TransactionLimits {
  readonly idleTransactionMs: number
  readonly transactionMs: number
}

export class OpenTransactions {
  readonly #limits: TransactionLimits
  readonly #open = new Map<string, OpenTransaction>()

  constructor(limits: TransactionLimits) {
    this.#limits = limits
  }

  add(login: Login, client: PoolClient): string {
    const id = randomUUID()
    const transaction: OpenTransaction = {
      id,
      loginKey: keyOf(login),
      client,
      endsAt: Date.now() + this.#limits.transactionMs,
      onLost: () => this.#abandon(transaction),
      idleTimer: undefined,
      isBusy: false,
    }
    client.once('end', transaction.onLost)
    this.#open.set(id, transaction)
    this.putBack(transaction)
    return id
  }

  /** Takes the transaction for one statement. */
  take(login: Login, id: string): OpenTransaction {
    const transaction = this.#open.get(id)
    if (!transaction || transaction.loginKey !== keyOf(login)) {
      throw new DataApiError('transaction-not-found', `Transaction ${id} is not found`)
    }
    if (transaction.isBusy) throw new DataApiError('busy-transaction', 'Transaction is still running a query')
    clearTimeout(transaction.idleTimer)
    transaction.isBusy = true
    return transaction
  }

  putBack(transaction: OpenTransaction): void {
    transaction.isBusy = false
    if (!this.#open.has(transaction.id)) return
    const idleMs = Math.min(this.#limits.idleTransactionMs, transaction.endsAt - Date.now())
    transaction.idleTimer = setTimeout(() => this.#abandon(transaction), Math.max(0, idleMs))
    transaction.idleTimer.unref()
  }

  /** Takes the transaction for its COMMIT or ROLLBACK; nobody finds it afterwards. */
  end(login: Login, id: string): PoolClient {
    const transaction = this.take(login, id)
    this.#forget(transaction)
    return transaction.client
  }

  /** Rolls back all of them by closing their connections. */
  abandonAll(): void {
    for (const transaction of this.#open.values()) this.#abandon(transaction)
  }

  #abandon(transaction: OpenTransaction): void {
    this.#forget(transaction)
    transaction.client.release(true)
  }

  #forget(transaction: OpenTransaction): void {
    clearTimeout(transaction.idleTimer)
    transaction.client.off('end', transaction.onLost)
    this.#open.delete(transaction.id)
  }
}
