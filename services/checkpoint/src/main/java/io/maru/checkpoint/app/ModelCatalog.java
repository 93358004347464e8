package io.maru.checkpoint.app;

import io.maru.checkpoint.domain.Alias;
import io.maru.checkpoint.domain.AliasName;
import io.maru.checkpoint.domain.Description;
import io.maru.checkpoint.domain.Model;
import io.maru.checkpoint.domain.ModelChange;
import io.maru.checkpoint.domain.ModelVersion;
import io.maru.checkpoint.domain.ModelVersionName;
import io.maru.checkpoint.domain.Origin;
import io.maru.formats.Manifest;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * Knows which models and versions there are. A version is seen by nobody before it is published. Each change is one transaction
 * with the fact that tells of it and the row that keeps it.
 */
public interface ModelCatalog {
    /**
     * A version number that one request has taken.
     *
     * @param published empty until its files are in place
     */
    record Reservation(ModelVersionName name, Origin origin, Optional<ModelVersion> published) {}

    /**
     * What became of an alias that was to be moved.
     *
     * @param found the version that it named before; empty for none
     * @param alias as it is now; empty where it was left alone, since it named another version than expected
     */
    record Move(Optional<ModelVersionName> found, Optional<Alias> alias) {}

    Optional<Reservation> findByRequest(String requestKey);

    /** Takes the model's next number for a request; a request that has one keeps it. */
    Reservation reserve(String requestKey, String model, Origin origin, Instant now);

    /** Publishes a reserved version; the second time it does nothing. */
    ModelVersion publish(ModelVersionName name, Manifest manifest);

    Optional<ModelVersion> find(ModelVersionName name);

    /** Finds the published version that an alias names. */
    Optional<ModelVersion> find(AliasName name);

    /** Finds the ACTIVE version of a model with the highest number. */
    Optional<ModelVersion> newest(String model);

    /** Lists the versions of all models of a workspace, newest first. */
    List<ModelVersion> list(String workspace, long before, int limit);

    /** Lists the versions of one model, newest first. */
    List<ModelVersion> listOf(String model, long before, int limit);

    /** Says something else of a published version; empty where there is none. */
    Optional<ModelVersion> describe(ModelVersionName name, Description description, String caller);

    /**
     * Takes the ACTIVE version that nobody has begun to verify for longest, if that is longer than {@code age}; it is nobody
     * else's for as long.
     */
    Optional<ModelVersion> nextToVerify(Duration age);

    /** Makes an ACTIVE version CORRUPT. Does nothing to any other. */
    void markCorrupt(ModelVersionName name, String message);

    /** Finds a model that has a published version. */
    Optional<Model> findModel(String name);

    /**
     * Lists the models of a workspace by name.
     *
     * @param after the sequence of the model after which the list begins; {@link Long#MAX_VALUE} means its start
     */
    List<Model> listModels(String workspace, long after, int limit);

    /**
     * Lets an alias name a published version.
     *
     * @param expected full name of the version that it names now, or an empty text for none; empty for whatever it names
     */
    Move move(AliasName name, ModelVersionName to, Optional<String> expected, String caller);

    /** Forgets an alias; false where there is none. */
    boolean forget(AliasName name, String caller);

    /** Lists the changes of a model, newest first. */
    List<ModelChange> changes(String model, long before, int limit);
}
