/** Arguments of AWS that no row of these tables says. */
import type { LeftOut } from '../kit/index.ts'

export const leftOut: readonly LeftOut[] = [
  {
    of: ['CreateKeyPair'],
    arguments: ['KeyFormat'],
    because: 'AWS gives the key itself once, and nobody keeps it.',
  },
  {
    of: ['DeleteKeyPair'],
    arguments: ['KeyPairId'],
    because: 'It goes by its name.',
  },
  {
    of: ['DeleteTags'],
    arguments: ['Tags.Value'],
    because: 'A tag is taken away whatever it says.',
  },
]
