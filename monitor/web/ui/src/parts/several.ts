/** Choosing from a list by typing: what is offered, and what is meant. Pure. */

/** A value of the API, and what people call it. */
export type Option = readonly [value: string, name: string];

/** More are no help: one types another letter. */
const MOST_OFFERED = 12;

/** Those whose value or name has what is typed in it, in the order of the list. */
export function offered(options: Iterable<Option>, typed: string, most = MOST_OFFERED): Option[] {
  const wanted = typed.trim().toLowerCase();
  const found: Option[] = [];
  for (const option of options) {
    if (found.length >= most) break;
    if (option.some((text) => text.toLowerCase().includes(wanted))) found.push(option);
  }
  return found;
}

/**
 * The values that are meant by a text, parted by semicolons of either width: a value, a name, or the only one that
 * has it in it. What none of the list is stays as it is: the server says what is wrong with it.
 */
export function meant(options: readonly Option[], typed: string): string[] {
  return typed
    .split(/[;；]/)
    .map((each) => each.trim())
    .filter((each) => each !== "")
    .map((each) => meantBy(options, each));
}

function meantBy(options: readonly Option[], text: string): string {
  const exact = options.find(([value]) => value === text) ?? options.find(([, name]) => name === text);
  if (exact !== undefined) return exact[0];
  const [first, second] = offered(options, text, 2);
  return first !== undefined && second === undefined ? first[0] : text;
}
