/** A page of docs/modules as its reader pastes it: blocks of SQL by table, each with what its last line says it does. */
import { stepsIn } from './guide.ts'

/** `create subnet`: what the plan has before the apply; `rows of availability_zone`: that there are some. */
interface Claim {
  readonly action: string
  readonly of: string
}

export interface PageBlock {
  /** Without its apply, if it ends with one. */
  readonly sql: string
  readonly applies: boolean
  readonly claim: Claim | undefined
}

export interface PageSection {
  /** `queue`, or `queue: FIFO` for one of several sets of examples. */
  readonly title: string
  /** Of the heading above. */
  readonly table: string
  readonly blocks: readonly PageBlock[]
}

const apply = 'SELECT * FROM iasql_apply();'

function blockOf(text: string): PageBlock {
  const [, action, of] = /; -- (\w+|rows of) (\w+)\n$/.exec(text) ?? []
  const at = text.indexOf(apply)
  return {
    sql: at < 0 ? text : text.slice(0, at),
    applies: at >= 0,
    claim: action && of ? { action, of } : undefined,
  }
}

/** The sections that have SQL; the first one installs the module. */
export function sectionsOf(page: string): readonly PageSection[] {
  const [head = '', ...rest] = page.split(/^#{2,3} /m)
  const sections = rest.map((section) => {
    const title = section.slice(0, section.indexOf('\n'))
    return { title, table: title.split(':')[0] ?? title, text: section }
  })
  return [{ title: 'install', table: '', text: head }, ...sections].flatMap(({ text, ...section }) => {
    const blocks = stepsIn(text).map((step) => blockOf(step.text))
    return blocks.length > 0 ? [{ ...section, blocks }] : []
  })
}
