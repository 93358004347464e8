package io.maru.model.exchange;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.maru.model.configuration.ConfigJson;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * How a model is made to write: its {@code generation_config.json}, in which the ids that end a text are a set. An id that the
 * model has no token for never comes, and is left out.
 */
public final class GenerationConfig {
    /** The file's name. */
    public static final String FILE = "generation_config.json";

    private static final String BOS = "bos_token_id";
    private static final String EOS = "eos_token_id";
    private static final String PAD = "pad_token_id";

    private final ObjectNode keys;
    private final SortedSet<Integer> stopIds;

    private GenerationConfig(ObjectNode keys, Collection<Integer> stopIds) {
        this.keys = keys;
        this.stopIds = Collections.unmodifiableSortedSet(new TreeSet<>(stopIds));
    }

    /**
     * Reads what Hugging Face has for it.
     *
     * @param generation generation_config.json, if there is one
     * @param config config.json, which older files have the ids in
     * @throws io.maru.model.configuration.UnsupportedModelException if an id is none
     */
    public static GenerationConfig read(Optional<byte[]> generation, byte[] config, int vocabularySize) {
        ConfigJson model = ConfigJson.parse("config.json", config);
        ConfigJson own = generation.map(json -> ConfigJson.parse(FILE, json)).orElse(model);
        ObjectNode keys = generation.isPresent() ? own.copy() : ConfigJson.object();
        // Who wrote it, and from what, says nothing about this file.
        keys.remove(List.of("_from_model_config", "transformers_version", BOS, EOS, PAD));
        for (String key : List.of(BOS, PAD)) {
            ids(own.has(key) ? own : model, key, vocabularySize).stream()
                    .findFirst()
                    .ifPresent(id -> keys.put(key, id));
        }
        return new GenerationConfig(keys, ids(own.has(EOS) ? own : model, EOS, vocabularySize));
    }

    /**
     * Makes one of ids alone.
     *
     * @param bos empty if there is none, as {@code pad}
     */
    static GenerationConfig of(Optional<Integer> bos, Collection<Integer> stopIds, Optional<Integer> pad) {
        ObjectNode keys = ConfigJson.object();
        bos.ifPresent(id -> keys.put(BOS, id));
        pad.ifPresent(id -> keys.put(PAD, id));
        return new GenerationConfig(keys, stopIds);
    }

    /** Lists the ids of tokens that end a text, each of them; none if nothing tells. */
    public SortedSet<Integer> stopIds() {
        return stopIds;
    }

    /** Gives the id of the token that begins a text. */
    public Optional<Integer> bos() {
        return id(BOS);
    }

    /** Gives the id of the token that fills up a batch. */
    public Optional<Integer> pad() {
        return id(PAD);
    }

    byte[] toJson() {
        ObjectNode json = keys.deepCopy();
        if (stopIds.size() == 1) {
            json.put(EOS, stopIds.first());
        } else if (!stopIds.isEmpty()) {
            ArrayNode ids = json.putArray(EOS);
            stopIds.forEach(ids::add);
        }
        return ConfigJson.bytes(json);
    }

    private Optional<Integer> id(String key) {
        return keys.has(key) ? Optional.of(keys.get(key).intValue()) : Optional.empty();
    }

    private static List<Integer> ids(ConfigJson json, String key, int vocabularySize) {
        return json.integers(key).stream()
                .filter(id -> id >= 0 && id < vocabularySize)
                .toList();
    }
}
