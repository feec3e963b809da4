/** Arguments of IAM that no row of these tables says. */
import type { LeftOut } from '../kit/index.ts'

export const leftOut: readonly LeftOut[] = [
  {
    of: ['UpdateUser'],
    arguments: ['NewUserName'],
    because: 'Another name is another user, as with roles.',
  },
]
