/** The same database; statements that note their author note this one. */
import { withAuthor } from './author.ts'
import type { Database, Queryable } from './database.ts'

export interface Author {
  readonly actor: string
  /** Absent: a function that is no execution. */
  readonly executionId?: number
}

export function authored(db: Database, author: Author): Database {
  const text = JSON.stringify(author)
  const queryable = (plain: Queryable): Queryable => ({
    query: (sql, parameters = {}) => {
      const by = withAuthor({ sql, parameters }, text)
      return plain.query(by.sql, by.parameters)
    },
    run: (sql, parameters = {}) => {
      const by = withAuthor({ sql, parameters }, text)
      return plain.run(by.sql, by.parameters)
    },
  })
  return {
    ...queryable(db),
    transaction: (work) => db.transaction((transaction) => work(queryable(transaction))),
  }
}
