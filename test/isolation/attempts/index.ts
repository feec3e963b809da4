/** Everything that a hostile tenant tries. */
import type { Attempt } from '../attempt.ts'
import { leakAttempts } from './leaks.ts'
import { otherAttempts } from './others.ts'
import { productAttempts } from './product.ts'
import { roleAttempts } from './roles.ts'
import { serverAttempts } from './server.ts'

export const attempts: readonly Attempt[] = [
  ...roleAttempts,
  ...otherAttempts,
  ...serverAttempts,
  ...productAttempts,
  ...leakAttempts,
]
