/** Writes docs/errors.md from the closed table of error codes: `npm run docs`. */
import { writeFile } from 'node:fs/promises'
import { errorKinds } from '#engine/model/error.ts'

const blameWords = {
  user: 'what was asked for has to change',
  cloud: 'AWS refused or did not answer',
  system: 'iasql itself or its database failed',
} as const

const section = ([code, kind]: [string, (typeof errorKinds)[keyof typeof errorKinds]]): string =>
  [`## ${code}`, '', `SQLSTATE \`${kind.sqlstate}\` · ${blameWords[kind.blame]}.`, '', kind.hint].join('\n')

/** The page as Markdown: one section a code, its anchor is the code without the slash. */
export const errorDocs = (): string =>
  [
    '# Errors',
    '',
    'Every error has a code, a SQLSTATE, a message that says what happened and a hint that says what to do next. Errors of a',
    'statement keep the message and SQLSTATE of PostgreSQL; those of AWS carry its request id. SQLSTATEs that begin with `IQ`',
    'are of iasql: IQ001 some changes failed, IQ003 stale plan, IQ004 conflict, IQ005 protected, IQ006 cancelled, IQ007 needs a',
    'decision, IQ008 module. This page is made from `engine/model/error.ts` by `npm run docs`.',
    '',
    Object.entries(errorKinds).map(section).join('\n\n'),
    '',
  ].join('\n')

if (import.meta.main) await writeFile(new URL('../docs/errors.md', import.meta.url), errorDocs())
