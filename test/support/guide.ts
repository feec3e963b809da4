/** A guide as its reader follows it: each block of SQL in turn, what it prints, and what somebody does in the cloud meanwhile. */
import { readFile } from 'node:fs/promises'

export interface GuideStep {
  readonly kind: 'sql' | 'sh'
  readonly text: string
  /** What the guide shows of its output; `…` stands for anything within a line. Null: it shows nothing. */
  readonly shown: string | null
}

const fence = /^```(\w*(?: not-run)?)\n([\s\S]*?)^```$/gm

export const readGuide = async (path: string): Promise<readonly GuideStep[]> =>
  stepsIn(await readFile(path, 'utf8'))

/**
 * SQL and shell blocks in the order of the text; a `text` block shows what the block before it prints, and what is marked
 * `not-run` is no step.
 */
export function stepsIn(guide: string): readonly GuideStep[] {
  const steps: GuideStep[] = []
  for (const [, language, text = ''] of guide.matchAll(fence)) {
    if (language === 'sql' || language === 'sh') steps.push({ kind: language, text, shown: null })
    const last = steps.at(-1)
    if (language === 'text' && last) steps[steps.length - 1] = { ...last, shown: text }
  }
  return steps
}

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')

/** Lines without the spaces at their ends. */
export const plainLines = (text: string): readonly string[] =>
  text
    .split('\n')
    .map((line) => line.trimEnd())
    .filter((line) => line !== '')

/** The printed lines, with those that the guide shows by `…` put as it shows them. */
export function asShown(printed: string, shown: string): readonly string[] {
  const wanted = plainLines(shown)
  return plainLines(printed).map((line, index) => {
    const pattern = wanted[index]
    if (!pattern?.includes('…')) return line
    const isAlike = new RegExp(`^${pattern.split('…').map(escaped).join('.*')}$`).test(line)
    return isAlike ? pattern : line
  })
}

export interface AwsCommand {
  readonly service: string
  /** `SetQueueAttributes` */
  readonly operation: string
  readonly input: Readonly<Record<string, unknown>>
}

const pascal = (name: string): string =>
  name.replace(/(^|-)(\w)/g, (_, __, letter: string) => letter.toUpperCase())

/** One command of AWS's own command line, `key=value` lists included: `aws sqs set-queue-attributes --attributes A=1,B=2`. */
export function readAwsCommand(text: string): AwsCommand {
  const [program, service = '', operation = '', ...options] = text.replaceAll('\\\n', ' ').trim().split(/\s+/)
  if (program !== 'aws') throw new Error(`not a command of aws: ${text}`)
  const input: Record<string, unknown> = {}
  for (let at = 0; at < options.length; at += 2) {
    const name = pascal((options[at] ?? '').replace(/^--/, ''))
    input[name] = optionValue(options[at + 1] ?? '')
  }
  return { service, operation: pascal(operation), input }
}

const optionValue = (text: string): unknown =>
  /^\w+=/.test(text) ? Object.fromEntries(text.split(',').map((pair) => pair.split('='))) : text
