/** Arguments of SNS that no row of these tables says. */
import type { LeftOut } from '../kit/index.ts'

export const leftOut: readonly LeftOut[] = [
  {
    of: ['Subscribe'],
    arguments: ['Attributes.ReplayStatus'],
    because: 'SNS says by it how far a replay is; nobody sets it.',
  },
]
