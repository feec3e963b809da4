/**
 * Policies that mean the same are equal: one or many, order, doubles, and the two spellings of an account principal.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
 */
import type { Json, JsonObject } from '#engine/model/json.ts'
import { asSet, isObject, parsedDocument } from './canonical-json.ts'

export function canonicalPolicy(value: Json): Json {
  const policy = parsedDocument(value)
  if (!isObject(policy)) return policy
  const statements = asList(policy.Statement ?? []).map((item) =>
    isObject(item) ? canonicalStatement(item) : item,
  )
  // IAM reads a policy that names no version by the rules of 2008.
  return { ...policy, Version: policy.Version ?? '2008-10-17', Statement: asSet(statements) }
}

function canonicalStatement(statement: JsonObject): JsonObject {
  const members = Object.entries(statement).filter(([key, value]) => !(key === 'Sid' && value === ''))
  return Object.fromEntries(members.map(([key, value]) => [key, canonicalMember(key, value)]))
}

function canonicalMember(key: string, value: Json): Json {
  switch (key) {
    case 'Action':
    case 'NotAction':
      return asSet(asList(value).map((item) => (typeof item === 'string' ? item.toLowerCase() : item)))
    case 'Resource':
    case 'NotResource':
      return asSet(asList(value))
    case 'Principal':
    case 'NotPrincipal':
      return canonicalPrincipal(value)
    case 'Condition':
      return isObject(value) ? mapValues(value, canonicalCondition) : value
    default:
      return value
  }
}

function canonicalPrincipal(value: Json): Json {
  const principals = value === '*' ? { AWS: '*' } : value
  if (!isObject(principals)) return principals
  return Object.fromEntries(
    Object.entries(principals).map(([kind, members]) => [
      kind,
      asSet(asList(members).map((member) => (kind === 'AWS' ? canonicalAccount(member) : member))),
    ]),
  )
}

const canonicalAccount = (member: Json): Json =>
  typeof member === 'string' ? member.replace(/^arn:[a-z-]+:iam::(\d{12}):root$/, '$1') : member

// Condition keys are case-insensitive, and AWS gives booleans and numbers back as text.
function canonicalCondition(operator: Json): Json {
  if (!isObject(operator)) return operator
  return Object.fromEntries(
    Object.entries(operator).map(([key, values]) => [
      key.toLowerCase(),
      asSet(asList(values).map((value) => (typeof value === 'object' ? value : String(value)))),
    ]),
  )
}

const asList = (value: Json): readonly Json[] => (Array.isArray(value) ? value : [value as Json])

const mapValues = (object: JsonObject, change: (value: Json) => Json): JsonObject =>
  Object.fromEntries(Object.entries(object).map(([key, value]) => [key, change(value)]))
