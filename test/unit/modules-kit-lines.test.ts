/** Lines of a resource: one form for what users write and what the cloud tells, and a view to write them by. */
import { expect, test } from 'vitest'
import { equals } from '#engine/columns/canonical.ts'
import {
  boolean,
  chosenListOf,
  defineLines,
  integer,
  jsonDocument,
  lineFrom,
  listOf,
  reference,
  text,
} from '#modules/kit/index.ts'

const plank = defineLines({
  name: 'plank',
  description: 'A plank of a ship.',
  parent: 'ship',
  via: 'ship_id',
  list: 'planks',
  key: ['name'],
  columns: {
    name: text('Name.', { required: true, check: "{} <> ''" }),
    tree_id: reference('forest.tree', 'Tree.', { by: 'tree_name' }),
    length: integer('Length.', { min: 1 }),
    is_wet: boolean('Wet.', { default: false }),
    marks: jsonDocument('Marks: {"by": "arn:aws:iam"}.'),
  },
})
const target = { schema: 't', readerRole: 'r', writerRole: 'w' }

test('a line says nothing of what is null, empty or as usual', () => {
  const line = lineFrom(plank, {
    name: 'keel',
    tree_id: 'oak',
    length: null,
    is_wet: false,
    marks: {},
  })

  expect(line).toEqual({ name: 'keel', tree_id: 'oak' })
})

test('the order of lines is no difference', () => {
  const lines = [{ name: 'keel' }, { name: 'stem', length: 2 }]

  expect(equals(listOf(plank), lines, [{ length: 2, name: 'stem' }, { name: 'keel' }])).toBe(true)
  expect(equals(listOf(plank), lines, [{ name: 'keel' }])).toBe(false)
})

test('there are none by default, unless the cloud chooses', () => {
  expect(listOf(plank)).toMatchObject({ sqlType: 'jsonb', nature: 'argument', default: [] })
  expect(chosenListOf(plank)).not.toHaveProperty('default')
})

test('references are written as expressions and shown as row ids', () => {
  const [view = '', ...rest] = plank.create(target)
  const writer = rest.find((statement) => statement.startsWith('CREATE FUNCTION')) ?? ''

  expect(view).toContain('FROM t.tree t WHERE t."tree_name"')
  expect(writer).toContain(`'\${tree(' || NEW."tree_id" || ').tree_name}'`)
})

test('no statement has what the Data API could take for a parameter', () => {
  const risky = plank.create(target).filter((statement) => /(?<!:):[a-z]/i.test(statement))

  expect(risky).toEqual([])
})

test('what makes the view is dropped again', () => {
  expect(plank.makes).toEqual(['plank'])
  expect(plank.drop(target)).toEqual([
    'DROP TRIGGER iasql_lines_plank_tree_id ON t.tree',
    'DROP FUNCTION t.iasql_lines_plank_tree_id()',
    'DROP VIEW t.plank',
    'DROP FUNCTION t.iasql_lines_plank()',
  ])
})
