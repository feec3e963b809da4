/** Why what the engine has written cannot be reverted: it followed the cloud, or edits that can be. */
import { IasqlError } from '#engine/model/error.ts'
import type { EngineWork } from '#postgres/statements/transaction-engine.ts'

export function madeByEngine(transactionId: string, work: EngineWork): IasqlError {
  const { who, hint } = wordsOf(work)
  return new IasqlError(
    'transaction/by-engine',
    `transaction ${transactionId} cannot be reverted: iasql itself made it, ${who}`,
    hint === undefined ? {} : { hint },
  )
}

const asTheyAreToBe =
  'Edit the rows as they are to be, look at it with SELECT * FROM iasql_preview(), and apply.'

interface Words {
  readonly who: string
  /** Absent: that of the code, which tells how to find the edits. */
  readonly hint?: string
}

function wordsOf({ kind, transaction_id: id, state }: EngineWork): Words {
  switch (kind) {
    case 'sync':
      return { who: 'by a sync that followed the cloud', hint: asTheyAreToBe }
    case 'install':
      return { who: 'by an install that imported what the cloud has', hint: asTheyAreToBe }
    case 'uninstall':
      return {
        who: 'by an uninstall, whose tables went',
        hint: 'Install the module again: SELECT * FROM iasql_install(…).',
      }
    case 'commit':
      return { who: `by the commit of transaction ${id}`, hint: hintOfCommit(id, state) }
    case 'apply':
      return { who: 'by an apply that wrote down what the cloud made of edits' }
    case null:
      return {
        who: 'by a function',
        hint: 'Call its counterpart, such as iasql_forget() after iasql_adopt(), or iasql_set() with the value of before.',
      }
  }
}

function hintOfCommit(id: EngineWork['transaction_id'], state: EngineWork['state']): string {
  if (state === 'failed') return `That commit failed and was undone. ${asTheyAreToBe}`
  const when = state === 'committing' ? ' once it has ended' : ''
  return `Revert what was committed${when}: SELECT * FROM iasql_revert('${id}').`
}
