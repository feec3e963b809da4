/** Teaches swc's visitor, by which dependency-cruiser reads TypeScript, the declarations `using` and `await using`. */
import { createRequire } from 'node:module'

interface Using {
  readonly type: 'UsingDeclaration'
  readonly decls: readonly unknown[]
}

interface Visitor {
  visitStatement: (this: Visitor, statement: { readonly type: string } | Using) => unknown
  visitVariableDeclarator(declarator: unknown): unknown
}

const isUsing = (statement: object): statement is Using =>
  'type' in statement && statement.type === 'UsingDeclaration'

/** Call before the first file is cruised. */
export function readUsing(): void {
  const swc = createRequire(import.meta.url)('@swc/core/Visitor.js') as { Visitor: { prototype: Visitor } }
  const visitor = swc.Visitor.prototype
  const visitStatement = visitor.visitStatement
  visitor.visitStatement = function (this: Visitor, statement) {
    if (!isUsing(statement)) return visitStatement.call(this, statement)
    for (const declarator of statement.decls) this.visitVariableDeclarator(declarator)
    return statement
  }
}
