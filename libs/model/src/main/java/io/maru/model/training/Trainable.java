package io.maru.model.training;

import io.maru.model.configuration.DecoderConfig;
import io.maru.model.configuration.Parameter;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Which weights of a model learn. The others stay as they are, to the bit, and have no gradient and no moments.
 *
 * <pre>
 *   *                          all
 *   transformer.h.11.*         the last layer of a GPT-2 of twelve
 *   *.bias                     all biases
 * </pre>
 *
 * @param patterns of names; a star stands for any characters, and a weight learns if any of the patterns is its name
 */
public record Trainable(List<String> patterns) {
    private static final String ANY = "*";

    public Trainable {
        patterns = List.copyOf(patterns);
        if (patterns.isEmpty()) {
            throw new IllegalArgumentException("trainable: no patterns (expected: at least one)");
        }
    }

    /** All weights. */
    public static Trainable all() {
        return new Trainable(List.of(ANY));
    }

    /**
     * Gives the weights that learn, in the model's order.
     *
     * @throws IllegalArgumentException if a pattern is no weight's name, so that a mistyped one does not go unnoticed
     */
    public List<Parameter> of(DecoderConfig model) {
        List<Pattern> all = patterns.stream().map(Trainable::compiled).toList();
        for (int i = 0; i < all.size(); i++) {
            Pattern pattern = all.get(i);
            if (model.parameters().stream().noneMatch(parameter -> matches(pattern, parameter))) {
                throw new IllegalArgumentException("trainable: " + patterns.get(i)
                        + " (expected: a name of one of the model's weights, as in "
                        + model.parameters().get(0).name() + ")");
            }
        }
        return model.parameters().stream()
                .filter(parameter -> all.stream().anyMatch(pattern -> matches(pattern, parameter)))
                .toList();
    }

    private static boolean matches(Pattern pattern, Parameter parameter) {
        return pattern.matcher(parameter.name()).matches();
    }

    private static Pattern compiled(String pattern) {
        String expression =
                Arrays.stream(pattern.split("\\*", -1)).map(Pattern::quote).collect(Collectors.joining(".*"));
        return Pattern.compile(expression);
    }
}
