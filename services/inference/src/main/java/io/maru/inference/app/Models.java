package io.maru.inference.app;

import io.maru.inference.domain.InferenceReason;
import io.maru.inference.domain.LoadedModel;
import io.maru.inference.domain.ModelVersion;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/**
 * Keeps models in memory. One that is asked for is loaded first, once, however many ask; where there is no room, the model
 * goes that nobody uses and whose last use is longest ago.
 */
public final class Models implements AutoCloseable {
    private final ModelCatalog catalog;
    private final ModelFiles files;
    private final LanguageModel.Loader loader;
    private final int maxModels;
    private final Clock clock;
    private final Consumer<LoadedModel> announce;

    /** By version. Guarded by this. */
    private final Map<String, Place> places = new HashMap<>();

    /** Counts uses. Guarded by this. */
    private long uses;

    /**
     * @param maxModels models in memory at once
     * @param announce is told of each model that was loaded; if it throws, the model is not
     */
    public Models(
            ModelCatalog catalog,
            ModelFiles files,
            LanguageModel.Loader loader,
            int maxModels,
            Clock clock,
            Consumer<LoadedModel> announce) {
        this.catalog = catalog;
        this.files = files;
        this.loader = loader;
        this.maxModels = maxModels;
        this.clock = clock;
        this.announce = announce;
    }

    /**
     * A model to use until the lease is closed; it is loaded first if it is not.
     *
     * @param name full name of a model version, of a model for its newest version, or of a checkpoint
     * @throws io.maru.platform.error.Refusal where there is none, it cannot be loaded, or there is no room for it
     */
    public Lease acquire(String name) {
        Place place = enter(name);
        if (place.claimLoad()) {
            load(place);
        }
        try {
            Loaded loaded = place.loaded.join();
            return new Lease(place, loaded);
        } catch (CompletionException e) {
            leave(place);
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw e;
        }
    }

    /** How many models can serve at once. */
    public synchronized long count() {
        return places.values().stream().filter(Place::isLoaded).count();
    }

    /** Lists the models of a workspace that can serve at once, by name. */
    public synchronized List<LoadedModel> loaded(String workspace) {
        return places.values().stream()
                .filter(Place::isLoaded)
                .filter(place -> place.version.workspace().equals(workspace))
                .map(place -> place.loaded.join().about())
                .sorted(Comparator.comparing(LoadedModel::version))
                .toList();
    }

    /** Lets a model go, once nobody uses it. Does nothing where it is not loaded. */
    public void unload(String name) {
        String version = isLoaded(name) ? name : catalog.find(name).name();
        Optional<Loaded> idle;
        synchronized (this) {
            Place place = places.remove(version);
            idle = place == null ? Optional.empty() : retire(place);
        }
        idle.ifPresent(loaded -> loaded.model().close());
    }

    private synchronized boolean isLoaded(String version) {
        return places.containsKey(version);
    }

    /** Finds or makes the place of a model and counts a user in it. */
    private Place enter(String name) {
        synchronized (this) {
            // A version never changes, so one that is here needs no question to the catalog.
            Place place = places.get(name);
            if (place != null) {
                place.enter(++uses);
                return place;
            }
        }
        ModelVersion version = catalog.find(name);
        synchronized (this) {
            Place place = places.get(version.name());
            if (place == null) {
                makeRoom();
                place = new Place(version);
                places.put(version.name(), place);
            }
            place.enter(++uses);
            return place;
        }
    }

    private void makeRoom() {
        if (places.size() < maxModels) {
            return;
        }
        Place oldest = places.values().stream()
                .filter(place -> place.users == 0)
                .min(Comparator.comparingLong(place -> place.lastUse))
                .orElseThrow(() -> InferenceReason.MODELS_BUSY.because(
                        "%d models are loaded and in use (expected: one of them idle)", places.size()));
        places.remove(oldest.version.name());
        retire(oldest).ifPresent(loaded -> loaded.model().close());
    }

    private void load(Place place) {
        try {
            LanguageModel model = loader.load(files.fetch(place.version));
            try {
                LoadedModel about = new LoadedModel(
                        place.version.name(),
                        model.parameters(),
                        model.vocabularySize(),
                        model.block(),
                        clock.instant());
                announce.accept(about);
                place.loaded.complete(new Loaded(model, about));
            } catch (RuntimeException e) {
                model.close();
                throw e;
            }
        } catch (IOException e) {
            giveUp(place, new UncheckedIOException(e));
        } catch (RuntimeException | Error e) {
            giveUp(place, e);
        }
    }

    private void giveUp(Place place, Throwable why) {
        synchronized (this) {
            places.remove(place.version.name(), place);
        }
        place.loaded.completeExceptionally(why);
    }

    /** The model to close, if nobody uses the place any more. */
    private Optional<Loaded> retire(Place place) {
        place.retired = true;
        return place.users == 0 && place.isLoaded() ? Optional.of(place.loaded.join()) : Optional.empty();
    }

    private void leave(Place place) {
        Optional<Loaded> idle;
        synchronized (this) {
            place.users--;
            idle = place.retired ? retire(place) : Optional.empty();
        }
        idle.ifPresent(loaded -> loaded.model().close());
    }

    /** Lets all models go, each once nobody uses it. */
    @Override
    public void close() {
        List<Loaded> idle = new ArrayList<>();
        synchronized (this) {
            places.values().forEach(place -> retire(place).ifPresent(idle::add));
            places.clear();
        }
        idle.forEach(loaded -> loaded.model().close());
    }

    private record Loaded(LanguageModel model, LoadedModel about) {}

    /** Where a model is, or will be once it is loaded. */
    private static final class Place {
        final ModelVersion version;
        final CompletableFuture<Loaded> loaded = new CompletableFuture<>();
        private final AtomicBoolean loading = new AtomicBoolean();
        int users;
        long lastUse;
        boolean retired;

        Place(ModelVersion version) {
            this.version = version;
        }

        void enter(long use) {
            users++;
            lastUse = use;
        }

        /** True for the one caller that loads it. */
        boolean claimLoad() {
            return loading.compareAndSet(false, true);
        }

        boolean isLoaded() {
            return loaded.isDone() && !loaded.isCompletedExceptionally();
        }
    }

    /** A model that stays in memory as long as this is open. */
    public final class Lease implements AutoCloseable {
        private final Place place;
        private final Loaded loaded;
        private boolean closed;

        private Lease(Place place, Loaded loaded) {
            this.place = place;
            this.loaded = loaded;
        }

        public LanguageModel model() {
            return loaded.model();
        }

        public LoadedModel about() {
            return loaded.about();
        }

        @Override
        public void close() {
            if (!closed) {
                closed = true;
                leave(place);
            }
        }
    }
}
