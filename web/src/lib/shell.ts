/** A word for a POSIX shell: plain where nothing in it means anything to the shell, quoted else. */
export const shellWord = (s: string): string => (/^[A-Za-z0-9_+.,=:@%/-]+$/.test(s) ? s : `'${s.replaceAll("'", "'\\''")}'`);
