/** Arguments of CloudWatch Logs that no row of these tables says. */
import type { LeftOut } from '../kit/index.ts'

export const leftOut: readonly LeftOut[] = [
  {
    of: ['AssociateKmsKey', 'DisassociateKmsKey'],
    arguments: ['resourceIdentifier'],
    because: 'It is for results of queries; the key of a log group goes by its name.',
  },
]
