/** Runs the benchmarks and prints every figure beside its floor; `npm run bench -- stream` runs those whose name fits. */
import { applyGraph } from './apply-graph.ts'
import { applyQueues } from './apply-queues.ts'
import { audit } from './audit.ts'
import { conformance } from './conformance.ts'
import type { Figure, Measure } from './figure.ts'
import { growth } from './growth.ts'
import { importMixed } from './import-mixed.ts'
import { load } from './load.ts'
import { merge } from './merge.ts'
import { plan } from './plan.ts'
import { ready } from './ready.ts'
import { statements } from './statements.ts'
import { stream } from './stream.ts'
import { syncResources } from './sync-resources.ts'
import { synthesis } from './synthesis.ts'
import { tenants } from './tenants.ts'
import { twoApplies } from './two-applies.ts'

const measures: Readonly<Record<string, Measure>> = {
  ready,
  statements,
  stream,
  merge,
  plan,
  applyQueues,
  syncResources,
  applyGraph,
  twoApplies,
  growth,
  audit,
  importMixed,
  conformance,
  synthesis,
  tenants,
  load,
}

const number = (value: number): string =>
  value.toLocaleString('en', { maximumFractionDigits: value < 10 ? 2 : 0 })

/** For rates, more is better: the ratio says how much slower than the floor it is, whatever the unit. */
const ratio = ({ value, floor, unit }: Figure): string =>
  floor ? `${number(unit.endsWith('/s') ? floor / value : value / floor)}×` : '–'

const line = (figure: Figure): string =>
  `| ${figure.name} | ${number(figure.value)} ${figure.unit} | ${figure.floor === undefined ? '–' : `${number(figure.floor)} ${figure.unit}`} | ${ratio(figure)} | ${figure.target ?? '–'} | ${figure.floorOf ?? '–'} |`

const wanted = process.argv.slice(2)
console.log('| figure | value | floor | ratio | target | the floor is |\n|---|---|---|---|---|---|')
for (const [name, measure] of Object.entries(measures)) {
  if (wanted.length > 0 && !wanted.some((word) => name.includes(word))) continue
  for (const figure of await measure()) console.log(line(figure))
}
