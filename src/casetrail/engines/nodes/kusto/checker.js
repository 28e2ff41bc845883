// Microsoft's KQL parser and binder over standard input: a line of JSON in, a line of JSON out, for as long as the input is open.
// In: {tables: {name: {column: type}}, functions: {name: {parameters, body}}, query}.
// Out: {problems: [text], columns: {name: type}, literals: [text]}; literals are all strings that the query writes.
'use strict';

const path = require('path');
const readline = require('readline');

const library = path.join(process.argv[2], 'node_modules', '@kusto', 'language-service-next');
require(path.join(library, 'bridge.min'));
require(path.join(library, 'Kusto.Language.Bridge.min'));
const { KustoCode, GlobalState, Symbols } = Kusto.Language;

const NUMBERS = new Set(['int', 'long', 'real', 'decimal']);
const COMPARISONS = new Set(['==', '!=', 'in', '!in', '=~', '!~', 'in~', '!in~', '<', '<=', '>', '>=']);
const CONSTANT_IN_VAIN = /^(is(not)?(null|empty)|ipv[46]_is_\w+|parse_ipv[46])$/;
const schemas = new Map();

const column = ([name, type]) => `['${name.replace(/\\/g, '\\\\').replace(/'/g, "\\'")}']: ${type}`;

function schema(tables, functions) {
  const key = JSON.stringify([tables, functions]);
  if (!schemas.has(key)) {
    const known = Object.entries(tables).map(([name, columns]) =>
      new Symbols.TableSymbol.$ctor7(name, `(${Object.entries(columns).map(column).join(', ')})`, null));
    const called = Object.entries(functions).map(([name, { parameters, body }]) =>
      new Symbols.FunctionSymbol.$ctor16(name, parameters, body, null));
    const members = System.Array.init([...known, ...called], Symbols.Symbol);
    const database = new Symbols.DatabaseSymbol.$ctor3('workspace', null, members, false);
    const databases = System.Array.init([database], Symbols.DatabaseSymbol);
    const cluster = new Symbols.ClusterSymbol.$ctor1('cluster', databases, false);
    schemas.set(key, GlobalState.Default.WithCluster(cluster).WithDatabase(database));
  }
  return schemas.get(key);
}

const kindOf = node => Bridge.getTypeName(node).split('.').pop();
const typeOf = node => node && node.ResultType ? node.ResultType.Name : undefined;

function* nodes(node) {
  yield node;
  for (let place = 0; place < node.ChildCount; place++) {
    const child = node.GetChild(place);
    if (child && child.ChildCount !== undefined) yield* nodes(child);
  }
}

// What the binder accepts in silence and what is never meant.
function lint(node) {
  const text = node.toString().trim();
  const operator = node.Operator ? node.Operator.Text : '';
  if (COMPARISONS.has(operator) && node.Left && node.Left.IsLiteral) return [`constant on the left: ${text}`];
  if (operator === '==' || operator === '!=') {
    const [left, right] = [typeOf(node.Left), typeOf(node.Right)];
    const mixed = left && right && left !== right && left !== 'dynamic' && right !== 'dynamic';
    if (mixed && !(NUMBERS.has(left) && NUMBERS.has(right))) return [`${left} and ${right} are compared: ${text}`];
  }
  if (/^!?in~?$/.test(operator) && node.Right && node.Right.Expressions) {
    const left = typeOf(node.Left);
    const found = [];
    for (let place = 0; place < node.Right.Expressions.Count; place++) {
      const right = typeOf(node.Right.Expressions.getItem(place).Element$1 || node.Right.Expressions.getItem(place).Element);
      const scalar = right && ['string', 'bool', 'datetime', ...NUMBERS].includes(right);
      if (scalar && left && left !== right && left !== 'dynamic' && !(NUMBERS.has(left) && NUMBERS.has(right))) {
        found.push(`${left} and ${right} are compared: ${text}`);
      }
    }
    return found;
  }
  if (kindOf(node) === 'FunctionCallExpression' && CONSTANT_IN_VAIN.test(node.Name.toString().trim())) {
    const first = node.ArgumentList.Expressions.Count ? node.ArgumentList.Expressions.getItem(0) : undefined;
    const argument = first && (first.Element$1 || first.Element);
    if (argument && argument.IsLiteral) return [`a constant is asked: ${text}`];
  }
  return [];
}

function check({ tables, functions, query }) {
  const code = KustoCode.ParseAndAnalyze(query, schema(tables, functions || {}));
  const problems = [], literals = [], columns = {};
  const diagnostics = code.GetDiagnostics();
  for (let place = 0; place < diagnostics.Count; place++) {
    const found = diagnostics.getItem(place);
    problems.push(`${found.Code} ${found.Severity} at ${found.Start}: ${found.Message}`);
  }
  if (!query.trim()) problems.push('the query is empty');
  for (const node of nodes(code.Syntax)) {
    problems.push(...lint(node));
    if (node.IsLiteral && typeOf(node) === 'string') literals.push(String(node.LiteralValue));
  }
  if (code.ResultType && code.ResultType.Columns) {
    for (let place = 0; place < code.ResultType.Columns.Count; place++) {
      const shown = code.ResultType.Columns.getItem(place);
      columns[shown.Name] = shown.Type.Name;
    }
  }
  return { problems, columns, literals };
}

readline.createInterface({ input: process.stdin }).on('line', line => {
  let answer;
  try {
    answer = check(JSON.parse(line));
  } catch (error) {
    answer = { problems: [`the checker failed: ${error.stack || error}`], columns: {}, literals: [] };
  }
  process.stdout.write(JSON.stringify(answer) + '\n');
});
