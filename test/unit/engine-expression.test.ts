import { expect, test } from 'vitest'
import { formatExpression, listExpressions, substitute } from '#engine/expression/expression.ts'

const endpoint = { table: 'db_instance', id: 17, column: 'endpoint' }

test('an expression reads back as it was written', () => {
  const written = formatExpression(endpoint)

  expect(written).toBe('$' + '{db_instance(17).endpoint}')
  expect(listExpressions(written)).toEqual([endpoint])
})

test('expressions are found at any depth, and policy variables are none', () => {
  const value = { a: [formatExpression(endpoint), '$' + '{aws:username}'], b: 'plain' }

  expect(listExpressions(value)).toEqual([endpoint])
})

test('a text that is one expression takes the value with its type', () => {
  const { value, unknown } = substitute({ port: formatExpression(endpoint) }, () => 5432)

  expect(value).toEqual({ port: 5432 })
  expect(unknown).toEqual([])
})

test('inside a longer text the value becomes text', () => {
  const { value } = substitute(`https://${formatExpression(endpoint)}/`, () => 'db.example')

  expect(value).toBe('https://db.example/')
})

test('what is not known yet stays as written and is listed', () => {
  const written = [`x-${formatExpression(endpoint)}`]

  const { value, unknown } = substitute(written, () => null)

  expect(value).toEqual(written)
  expect(unknown).toEqual([endpoint])
})
