import { describe, expect, test } from 'vitest'
import { DataApiError, type Parameter } from '#postgres/data-api.ts'
import { bindParameters } from '#postgres/named-parameters.ts'

const parameters: Parameter[] = [
  { name: 'a', value: { stringValue: 'x' } },
  { name: 'b_2', value: { longValue: 2 } },
  { name: 'none', value: { isNull: true } },
]

const textOf = (sql: string): string => bindParameters(sql, parameters).text

describe('binds', () => {
  test.each([
    ['SELECT :a', 'SELECT $1::varchar'],
    ['SELECT :a::jsonb', 'SELECT $1::varchar::jsonb'],
    ['SELECT (:b_2)', 'SELECT ($1::int8)'],
    ['SELECT :none::int', 'SELECT $1::int'],
    ['VALUES (:a,:b_2,:a)', 'VALUES ($1::varchar,$2::int8,$3::varchar)'],
    ["SELECT 'it''s :x', :a", "SELECT 'it''s :x', $1::varchar"],
    ["SELECT ''':x', :a", "SELECT ''':x', $1::varchar"],
    ["SELECT E'it\\'s :x', :a", "SELECT E'it\\'s :x', $1::varchar"],
    ["SELECT e'\\\\', :a", "SELECT e'\\\\', $1::varchar"],
    ["SELECT 'ends\\', :a", "SELECT 'ends\\', $1::varchar"],
    ['SELECT ":x"":y", :a', 'SELECT ":x"":y", $1::varchar'],
    ['SELECT 1 -- :x\n, :a', 'SELECT 1 -- :x\n, $1::varchar'],
    ['SELECT /* :x /* :y */ :z */ :a', 'SELECT /* :x /* :y */ :z */ $1::varchar'],
    ['SELECT f(x := :a)', 'SELECT f(x := $1::varchar)'],
    [
      'SELECT $$ a := b::text; "c:d"; \'e:f\' -- :g\n $$, :a',
      'SELECT $$ a := b::text; "c:d"; \'e:f\' -- :g\n $$, $1::varchar',
    ],
    ['SELECT a$b$, :a, c$b$', 'SELECT a$b$, $1::varchar, c$b$'],
    ['SELECT $é$ x $é$, :a', 'SELECT $é$ x $é$, $1::varchar'],
    ["SELECT 'never closed :x", "SELECT 'never closed :x"],
    ['/* never closed :x', '/* never closed :x'],
    ['', ''],
  ])('%s', (sql, text) => {
    expect(textOf(sql)).toBe(text)
  })

  test('every occurrence by a value of its own, by type', () => {
    const { values } = bindParameters('SELECT :a, :none, :bytes, :a', [
      ...parameters,
      { name: 'bytes', value: { blobValue: new Uint8Array([1]) } },
    ])

    expect(values).toEqual(['x', null, Buffer.from([1]), 'x'])
  })

  test.each([
    ['JSON', 'jsonb'],
    ['DECIMAL', 'numeric'],
    ['DATE', 'date'],
    ['TIME', 'time'],
    ['TIMESTAMP', 'timestamp'],
    ['UUID', 'uuid'],
  ] as const)('a text with the hint %s as %s', (typeHint, type) => {
    const { text } = bindParameters(':p', [{ name: 'p', value: { stringValue: '' }, typeHint }])

    expect(text).toBe(`$1::${type}`)
  })

  test('texts of megabytes', () => {
    const long = 'x'.repeat(4_000_000)

    expect(textOf(`SELECT '${long}', :a /*${long}*/`)).toContain('$1::varchar')
    expect(textOf(`SELECT E'${'\\n'.repeat(2_000_000)}', :a`)).toContain('$1::varchar')
    expect(textOf(`SELECT '${"''".repeat(1_000_000)}', :a`)).toContain('$1::varchar')
  })
})

describe('refuses', () => {
  test.each([
    ['a parameter that is not given', 'SELECT :unknown'],
    ['a slice, where the service sees a parameter', 'SELECT a[1:2]'],
    ['a slice between dollar quotes', 'DO $$ BEGIN x = a[1:n]; END $$'],
    ['a parameter between dollar quotes', 'SELECT $a$ :a $a$'],
  ])('%s', (_what, sql) => {
    expect(() => textOf(sql)).toThrow(DataApiError)
  })
})
