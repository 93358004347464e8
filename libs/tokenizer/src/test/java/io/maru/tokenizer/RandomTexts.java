package io.maru.tokenizer;

import java.util.Locale;
import java.util.Random;

/** Short texts in which whatever a tokenizer can get wrong is frequent; the same for the same seed. */
final class RandomTexts {
    private static final String[] PARTS = {
        "the",
        "The",
        "THE",
        "house",
        "ing",
        "don't",
        "DON'T",
        "it's",
        "we'll",
        "I'Ve",
        "'s",
        "'S",
        "'\u017f",
        "'l",
        "'re",
        " ",
        "  ",
        "   ",
        "\n",
        "\r\n",
        "\n\n",
        "\t",
        "\u00a0",
        "\u3000",
        "\u2028",
        "\u0085",
        " \n",
        "\n ",
        "\r",
        "1",
        "12",
        "2024",
        "1234567",
        "\u00bd",
        "\u0663",
        "\u2167",
        "\u00b2",
        "!",
        "...",
        "?!",
        "//",
        "/",
        "-",
        "_",
        "(",
        "\"",
        "'",
        "`",
        "$",
        "<",
        "|>",
        "#",
        "\u00e9",
        "\u00e9t\u00e9",
        "e\u0301",
        "\u0301",
        "\u0301\u0302",
        "\u093f",
        "\u20dd",
        "\u01c5",
        "\u02b0",
        "\u00aa",
        "\uac00",
        "\ub9c8\ub8e8\uc5d0",
        "\u1100\u1161\u11a8",
        "\u65e5\u672c",
        "\u3042",
        "\u0e20\u0e32",
        "\u0628\u0650",
        "\ud83d\ude00",
        "\ud83d\udc69\u200d\ud83d\udc67",
        "\ud83d\udc4d\ud83c\udffd",
        "\ud83c\uddf0\ud83c\uddf7",
        "\u200d",
        "\ufe0f",
        "\ud835\udd4c",
        "\ud800\udf48",
        "\u1c89",
        "\ufeff",
        "\u0000",
        "\u007f",
        "\ufffd",
        "\u2581",
        "\u2581\u2581",
        "<|endoftext|>",
        "<|user|>",
        "</s>",
        "<s>",
        "<unk>",
        "<0x41>",
        "<tool>",
        "<|a|>",
        "<|a|><",
        "camelCase",
        "HTTPServer",
    };

    private RandomTexts() {}

    static String next(Random random) {
        StringBuilder text = new StringBuilder();
        int wildness = random.nextInt(8);
        for (int parts = random.nextInt(14); parts > 0; parts--) {
            if (random.nextInt(8) < wildness) {
                text.append(PARTS[random.nextInt(PARTS.length)]);
            } else if (random.nextInt(3) > 0) {
                for (int letters = 1 + random.nextInt(7); letters > 0; letters--) {
                    text.append((char) ('a' + random.nextInt(26)));
                }
                text.append(' ');
            } else {
                text.appendCodePoint(codePoint(random));
            }
        }
        return text.toString();
    }

    private static int codePoint(Random random) {
        return switch (random.nextInt(4)) {
            case 0 -> random.nextInt(0x80);
            case 1 -> random.nextInt(0x800);
            case 2 -> random.nextInt(0xD800);
            default -> 0xE000 + random.nextInt(Character.MAX_CODE_POINT + 1 - 0xE000);
        };
    }

    /** For messages: characters that do not show are written as their code. */
    static String escaped(String text) {
        StringBuilder escaped = new StringBuilder();
        text.chars()
                .forEach(c -> escaped.append(
                        c >= 0x20 && c < 0x7F ? "" + (char) c : String.format(Locale.ROOT, "\\u%04x", c)));
        return escaped.toString();
    }
}
