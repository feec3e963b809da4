/** Names as a user gives them to modules: exact, with or without a version, with what they need. */
import { IasqlError } from '#engine/model/error.ts'
import type { Module } from '#modules/kit/index.ts'
import type { Registry } from '#modules/registry.ts'
import { nearest } from '../rpc/nearest.ts'

/** What is asked for, by name; an unknown name or another version is refused. */
export function namedModules(offered: Registry, names: readonly string[]): readonly Module[] {
  if (names.length === 0) {
    throw new IasqlError('module/unknown', 'name at least one module')
  }
  return [...new Set(names.map((name) => namedModule(offered, name)))]
}

function namedModule({ modules, findModule }: Registry, text: string): Module {
  const [name = '', version] = text.trim().split('@')
  const module = findModule(name)
  if (!module) {
    const known = modules.map((one) => one.name)
    throw new IasqlError('module/unknown', `there is no module ${name}${nearest(name, known)}`)
  }
  if (version !== undefined && version !== module.version) {
    throw new IasqlError(
      'module/unknown',
      `${name} is offered in version ${module.version}, not ${version}`,
      {
        hint: `Leave the version out: SELECT * FROM iasql_install('${name}').`,
      },
    )
  }
  return module
}

/** The modules and what they require, requirements first, without those that are there already. */
export function withRequirements(
  offered: Registry,
  wanted: readonly Module[],
  isInstalled: (name: string) => boolean,
): readonly Module[] {
  const ordered: Module[] = []
  const add = (module: Module): void => {
    if (isInstalled(module.name) || ordered.includes(module)) return
    for (const required of module.requires) add(namedModule(offered, required))
    ordered.push(module)
  }
  for (const module of wanted) add(module)
  return ordered
}
