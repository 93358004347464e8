package io.maru.tokenizer;

import static java.nio.charset.StandardCharsets.UTF_8;

/**
 * Cuts bytes as another splitter cuts the characters that a byte-level vocabulary writes for them: a file may have more
 * steps after that in which a text becomes those characters.
 */
record ByteSplitter(Splitter ofCharacters) implements Splitter {
    @Override
    public void split(byte[] text, int start, int end, Words words) {
        StringBuilder written = new StringBuilder(end - start);
        for (int i = start; i < end; i++) {
            written.append(ByteAlphabet.toChar(text[i]));
        }
        byte[] characters = written.toString().getBytes(UTF_8);
        int[] byteAt = new int[characters.length + 1];
        int at = 0;
        for (int i = start; i < end; i++) {
            int next = at + Utf8.size(ByteAlphabet.toChar(text[i]));
            while (at < next) {
                byteAt[at++] = i;
            }
        }
        byteAt[at] = end;
        ofCharacters.split(
                characters, 0, characters.length, (same, from, to) -> words.word(text, byteAt[from], byteAt[to]));
    }
}
