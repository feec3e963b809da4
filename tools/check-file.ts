/** How files and folders are named and sized. */
import { basename } from 'node:path'

export interface Finding {
  readonly isFatal: boolean
  readonly text: string
}

export const broken = (text: string): Finding => ({ isFatal: true, text })

const forbiddenNames = /^(utils?|common|helpers?|misc)(\.|$)/
/** Levels of folders below a top folder. */
const deepestFolder = 2
const longFileLines = 400
/** Of a module: a mapper that is longer is of more than one table, or does what the kit is for. */
const longestModuleFileLines = 250

/** `path` from the top of the tree; `read` is asked for sources only. */
export function checkFile(path: string, read: () => string): readonly Finding[] {
  const [top, ...below] = path.split('/')
  const findings: Finding[] = []
  if (below.length - 1 > deepestFolder)
    findings.push(broken(`${path} is more than ${deepestFolder} folders below its top folder`))
  if (below.some((part) => forbiddenNames.test(part)))
    findings.push(broken(`${path}: name it after its noun, not utils, common, helpers or misc`))
  if (path.includes('/generated/') || !/\.(ts|tsx|js|cjs)$/.test(path)) return findings
  const lines = read().split('\n').length - 1
  if (top === 'modules' && lines > longestModuleFileLines)
    findings.push(
      broken(`${path} has ${lines} lines; a file of a module has ${longestModuleFileLines} at most`),
    )
  else if (lines > longFileLines)
    findings.push({ isFatal: false, text: `${basename(path)} has ${lines} lines: ${path}` })
  return findings
}
