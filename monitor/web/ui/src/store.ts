/** What this browser remembers of its user's taste. Private windows may forbid it: then nothing is remembered. */

export function recall(key: string): string | null {
  try {
    return localStorage.getItem(`quanshi.${key}`);
  } catch {
    return null;
  }
}

export function keep(key: string, value: string): void {
  try {
    localStorage.setItem(`quanshi.${key}`, value);
  } catch {
    // asked again the next time
  }
}
