import { expect, test } from 'vitest'
import { errorText, noticeText } from '#cli/print-error.ts'

const error = { code: 'sql/syntax', sqlstate: '42601', message: 'syntax error at or near "FORM"' }

test('an error points into the text as psql does', () => {
  const sql = 'SELECT 1;\nSELECT * FORM t'

  expect(
    errorText({ ...error, position: 20, detail: 'More.', hint: 'Write FROM.', awsRequestId: 'r-1' }, sql),
  ).toBe(
    [
      'ERROR:  syntax error at or near "FORM"',
      'LINE 2: SELECT * FORM t',
      '                 ^',
      'DETAIL:  More.',
      'HINT:  Write FROM.',
      'AWS REQUEST:  r-1',
      '',
    ].join('\n'),
  )
})

test('the caret stands under the place after wide characters and tabs, counting characters', () => {
  const [, line = '', caret = ''] = errorText({ ...error, position: 13 }, "SELECT '表🎉' FORM t").split('\n')

  expect(line).toBe("LINE 1: SELECT '表🎉' FORM t")
  expect(caret).toBe(`${' '.repeat(8 + 14)}^`)
})

test('the first word of a text that ends in line breaks is in its first line', () => {
  const [, line, caret] = errorText({ ...error, position: 1 }, 'SELEC 1;\n\n').split('\n')

  expect([line, caret]).toEqual(['LINE 1: SELEC 1;', `${' '.repeat(8)}^`])
})

test('of a long line, the part around the place is shown', () => {
  const sql = `SELECT ${'a, '.repeat(200)} FORM t`
  const [, line = '', caret = ''] = errorText({ ...error, position: sql.indexOf('FORM') + 1 }, sql).split(
    '\n',
  )

  expect(line.length).toBeLessThan(90)
  expect(line.slice(caret.indexOf('^'))).toBe('FORM t')
})

test.each([
  ['', 1],
  ['SELECT', 7],
  ['SELECT\n', 8],
  ['a', 99],
])('a position at or beyond the end of %j is no problem', (sql, position) => {
  expect(errorText({ ...error, position }, sql)).toContain('^')
})

test('a notice has its hint on a line of its own', () => {
  expect(noticeText({ message: 'aws_sqs is installed already', hint: 'Go on.' })).toBe(
    'NOTICE:  aws_sqs is installed already\nHINT:  Go on.\n',
  )
})

test('an error cannot command the terminal', () => {
  expect(errorText({ ...error, message: 'a\u001b[2Jb' }, '')).toBe('ERROR:  a\\x1B[2Jb\n')
})
