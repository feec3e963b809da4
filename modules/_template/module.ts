/** What the module is for, in one sentence. */
import { defineModule } from '../kit/index.ts'
import { countThings } from './count-things.ts'
import { leftOut } from './left-out.ts'
import { thingExamples } from './thing.examples.ts'
import { thing } from './thing.ts'

export const templateModule = defineModule({
  name: 'template',
  version: '0.1.0',
  requires: ['aws_account'],
  tables: [thing],
  rpc: [countThings],
  examples: [thingExamples],
  leftOut,
})
