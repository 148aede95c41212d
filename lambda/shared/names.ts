/** Commands and platforms share one form on the wire and in keys: 1 to 64 of `[A-Za-z0-9-]`. */
const NAME = /^[A-Za-z0-9-]{1,64}$/;

export function isCommand(text: string): boolean {
  return NAME.test(text);
}

export function isPlatform(text: string): boolean {
  return NAME.test(text);
}
