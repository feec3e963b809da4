import { readdirSync, readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { expect, test } from 'vitest'

const text = readFileSync('ARCHITECTURE.md', 'utf8')

test('every test that is said to hold an invariant is there', () => {
  const names = [...text.matchAll(/`(?:test\/)?(?:\w+\/)?([\w-]+\.test\.ts)`/g)].map(([, name]) => name)
  const present = readdirSync('test', { recursive: true, encoding: 'utf8' }).map((path) => basename(path))

  expect(names.length).toBeGreaterThan(30)
  expect(names.filter((name) => !present.includes(name ?? ''))).toEqual([])
})
