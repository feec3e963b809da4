/** Why a resource is not adopted, and what to do about it. */
import type { CloudReference } from '#engine/model/cloud.ts'
import { IasqlError } from '#engine/model/error.ts'
import { describeCloudId } from '#engine/plan/natural-name.ts'
import { type RowPlace, unqualified } from '#engine/plan/resource.ts'
import type { ResourceType } from '#modules/kit/index.ts'
import { nearest } from '../rpc/nearest.ts'
import { refusal } from '../rpc/refusal.ts'

export const readOnly = (type: ResourceType): IasqlError =>
  refusal(
    '42501',
    `${type.name} is only read: its rows come and go by themselves`,
    `SELECT * FROM iasql_sync('${type.name}') brings it up to date.`,
  )

export const notOurs = (name: string): IasqlError =>
  new IasqlError('apply/protected', `${name} belongs to another account`, {
    hint: 'Link that account, or leave it as the external row that it is.',
  })

export const described = (type: ResourceType, name: string, rowId: number): IasqlError =>
  refusal(
    '23505',
    `${name} is described by row ${rowId} already`,
    `SELECT * FROM ${type.name} WHERE id = ${rowId}.`,
  )

export const leaving = (type: ResourceType, name: string, rowId: number): IasqlError =>
  refusal(
    '55000',
    `row ${rowId}, which describes ${name}, is deleted, and the next apply deletes that too`,
    `Spare it first: SELECT * FROM iasql_forget('${type.name}', ${rowId}).`,
  )

export const inTheWay = (message: string): IasqlError =>
  refusal(
    '23505',
    message,
    'Another row is in the way: rename or delete that one, or run iasql_sync() and look again.',
  )

export const held = (rowId: number, type: ResourceType): IasqlError =>
  refusal(
    '55P03',
    `row ${rowId} of ${type.name}, which asks for it, is held by a transaction`,
    'Adopt it when that transaction has ended.',
  )

export const beingApplied = (type: ResourceType, rowId: number): IasqlError =>
  refusal(
    '55P03',
    `row ${rowId} of ${type.name}, which asks for it, is being applied`,
    'Adopt it when that has ended: SELECT * FROM iasql_execution.',
  )

export const underWay = (type: ResourceType): IasqlError =>
  refusal(
    '55P03',
    `an apply is making a ${type.name} there right now, which may be this one`,
    'Adopt it when that has ended: SELECT * FROM iasql_execution.',
  )

export const unsure = (type: ResourceType, rowIds: readonly number[]): IasqlError =>
  refusal(
    '55P03',
    `this may be what an unanswered create of ${type.name}, row ${rowIds.join(', ')}, has made`,
    'Find out first: SELECT * FROM iasql_apply(), or iasql_sync() some minutes later.',
  )

export function adoptFirst(
  name: string,
  { $ref, id }: CloudReference,
  { region, accountId }: RowPlace,
): IasqlError {
  const table = unqualified($ref)
  const given = [table, describeCloudId(id), region, accountId].flatMap((text) =>
    text === null ? [] : [`'${text.replaceAll("'", "''")}'`],
  )
  return refusal(
    '23503',
    `${name} refers to ${table} ${describeCloudId(id)}, which no row describes`,
    `Adopt that first: SELECT * FROM iasql_adopt(${given.join(', ')}).`,
  )
}

export function notFound(
  type: ResourceType,
  place: RowPlace,
  text: string,
  { kind, ids }: { readonly kind: 'several' | 'none'; readonly ids: readonly string[] },
): IasqlError {
  const where = placeName(place)
  if (kind === 'several') {
    const names = ids.slice(0, 5).join(', ')
    return refusal(
      '22023',
      `several of ${type.name} in ${where} are named ${text}: ${names}`,
      'Give the id of one.',
    )
  }
  return refusal(
    'P0002',
    `there is no ${type.name} ${text} in ${where}${nearest(text, ids.slice(0, 1_000))}`,
    'Give its cloud id as the column id of iasql_preview() shows such; region and account_id say where it is.',
  )
}

const placeName = ({ accountId, region }: RowPlace): string =>
  [region, accountId && `account ${accountId}`].filter(Boolean).join(' of ')
