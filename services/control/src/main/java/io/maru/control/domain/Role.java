package io.maru.control.domain;

import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a resource is to the step that takes it. A role is a word and not a constant of an enum, so that a kind of step can
 * make what no kind has made before.
 */
public final class Role {
    public static final String CORPUS = "corpus";
    public static final String TOKENIZER = "tokenizer";
    public static final String DATASET = "dataset";
    public static final String CHECKPOINT = "checkpoint";
    public static final String MODEL = "model";
    public static final String EVALUATION = "evaluation";
    /** A training job, which is the whole of its checkpoints. */
    public static final String TRAINING_JOB = "training_job";

    private static final String ID = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?";
    private static final List<Collection> COLLECTIONS = List.of(
            new Collection(CORPUS, "corpora/NAME", "corpora/" + ID),
            new Collection(TOKENIZER, "tokenizers/NAME", "tokenizers/" + ID),
            new Collection(DATASET, "datasets/NAME", "datasets/" + ID),
            new Collection(MODEL, "models/NAME", "models/" + ID + "(?:/versions/[1-9][0-9]*|@" + ID + ")?"),
            new Collection(CHECKPOINT, "runs/RUN/checkpoints/NAME", "runs/" + ID + "/checkpoints/[a-z0-9-]{1,100}"));

    private record Collection(String role, String example, Pattern pattern) {
        Collection(String role, String example, String relative) {
            this(role, example, Pattern.compile("(?:workspaces/" + ID + "/)?" + relative));
        }
    }

    private Role() {}

    /** The role that a resource of this name can have; nothing where it is no name of a resource. */
    public static Optional<String> of(String name) {
        return COLLECTIONS.stream()
                .filter(collection -> {
                    Matcher matcher = collection.pattern().matcher(name);
                    return matcher.matches();
                })
                .map(Collection::role)
                .findFirst();
    }

    /** How the name of a resource in this role is written, as in {@code datasets/NAME}. */
    public static String example(String role) {
        return COLLECTIONS.stream()
                .filter(collection -> collection.role().equals(role))
                .map(Collection::example)
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException(role + ": no collection of resources has this role"));
    }
}
