import { expect, test } from 'vitest'
import { npmOf } from '#local/process/end-with-npm.ts'

const commands = (...words: string[]) =>
  words.map((command, index) => ({ pid: index + 10, parent: index + 9, command }))

test.each([
  ['in a shell', ['npm start', 'sh -c node cli/iasql.js start', 'node'], 10],
  ['itself, when the shell gave way', ['bash', 'npm start', 'node'], 11],
  ['by npx', ['bash', 'npm exec iasql start', "sh -c 'iasql' start", 'node'], 11],
])('finds the npm that runs us %s', (_, words, found) => {
  const npm = npmOf(9 + words.length, 'node cli/iasql.js start', commands(...words))

  expect(npm).toBe(found)
})

test.each([
  ['nobody started us but a shell', 'sh run.sh', ['npm start', 'npm run up', 'bash', 'sh', 'node']],
  ['the script puts us into the background', 'cd up && iasql start &', ['npm run up', 'sh -c', 'node']],
  ['another program of the script started us', 'vitest', ['npm test', 'sh -c vitest', 'node vitest', 'node']],
  ['nothing is known', 'iasql start', []],
])('finds none when %s', (_, script, words) => {
  const npm = npmOf(9 + words.length, script, commands(...words))

  expect(npm).toBeUndefined()
})
