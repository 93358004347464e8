package io.maru.checkpoint.app;

import static io.maru.checkpoint.domain.CheckpointReason.FILE_MISSING;
import static io.maru.checkpoint.domain.CheckpointReason.FILE_TOO_LARGE;
import static io.maru.checkpoint.domain.CheckpointReason.IMPORT_EXISTS;
import static io.maru.checkpoint.domain.CheckpointReason.IMPORT_NOT_FOUND;
import static io.maru.checkpoint.domain.CheckpointReason.SOURCE_MISSING;

import io.maru.checkpoint.domain.ImportRequest;
import io.maru.checkpoint.domain.ImportSource;
import io.maru.checkpoint.domain.ModelFile;
import io.maru.checkpoint.domain.ModelImport;
import io.maru.platform.error.CommonReason;
import io.maru.platform.name.ResourceName;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/** What callers may do with imports. */
public final class Imports {
    private static final String CONFIG = "config.json";
    private static final int MAX_CONFIG = 1 << 20;

    private final ImportCatalog catalog;
    private final ModelFileCatalog files;
    private final CheckpointBytes bytes;
    private final ForeignModels models;
    private final long maxBytes;

    /** @param maxBytes of all files of one model */
    public Imports(
            ImportCatalog catalog, ModelFileCatalog files, CheckpointBytes bytes, ForeignModels models, long maxBytes) {
        this.catalog = catalog;
        this.files = files;
        this.bytes = bytes;
        this.models = models;
        this.maxBytes = maxBytes;
    }

    /**
     * Finds the import of this request, or creates it.
     *
     * @throws io.maru.platform.error.Refusal FILE_MISSING, FILE_TOO_LARGE, SOURCE_MISSING, PICKLE_REFUSED, IMPORT_EXISTS,
     *     REQUEST_ID_REUSED
     */
    public ModelImport create(ImportRequest request) {
        Optional<ModelImport> earlier = catalog.findByRequest(request.requestKey());
        if (earlier.isPresent()) {
            return same(request, earlier.get());
        }
        if (request.source().isEmpty()) {
            requireUploaded(request);
        } else {
            requireThere(request.source());
        }
        String id = request.importId().isEmpty() ? UUID.randomUUID().toString() : request.importId();
        String name = ResourceName.of(request.workspace(), "imports/" + id);
        Optional<ModelImport> created = catalog.create(name, request);
        if (created.isPresent()) {
            return created.get();
        }
        // Either the same request came twice at once, or the name is another request's.
        return same(
                request,
                catalog.findByRequest(request.requestKey())
                        .orElseThrow(() -> IMPORT_EXISTS.because(
                                "import_id: %s is there already (expected: a name that no other request has taken)",
                                name)));
    }

    private void requireUploaded(ImportRequest request) {
        ImportFiles.requireModel(
                request.files().stream().map(ModelFile::fileName).toList());
        long size = request.files().stream().mapToLong(ModelFile::size).sum();
        if (size < 0 || size > maxBytes) {
            throw FILE_TOO_LARGE.because("files: %d bytes in all (expected: at most %d)", size, maxBytes);
        }
        Set<String> present = files.present(request.workspace(), request.files());
        List<String> missing = request.files().stream()
                .filter(file -> !present.contains(file.sha256()))
                .map(ModelFile::fileName)
                .limit(10)
                .toList();
        if (!missing.isEmpty()) {
            throw FILE_MISSING.because("files: %s not there (expected: uploaded before the import)", missing);
        }
    }

    private void requireThere(String source) {
        boolean there = ImportSource.isFile(source)
                ? bytes.size(source).isPresent()
                : !bytes.list(source + "/").isEmpty();
        if (!there) {
            throw SOURCE_MISSING.because("source: there is no %s (expected: objects of the store)", source);
        }
    }

    /** Says what is known of the model in a source before it is imported: of one that is not there, nothing. */
    public ForeignModels.Shape shape(String source) {
        return ImportSource.isFile(source)
                ? ForeignModels.Shape.UNKNOWN
                : bytes.read(source + "/" + CONFIG, MAX_CONFIG)
                        .map(models::shape)
                        .orElse(ForeignModels.Shape.UNKNOWN);
    }

    private static ModelImport same(ImportRequest request, ModelImport found) {
        if (!request.describes(found)) {
            throw CommonReason.REQUEST_ID_REUSED.because(
                    "request_id: it created %s from another request (expected: the same request, or a new id)",
                    found.name());
        }
        return found;
    }

    public ModelImport get(String name) {
        return catalog.find(name).orElseThrow(() -> missing(name));
    }

    public ModelImport cancel(String name) {
        return catalog.cancel(name).orElseThrow(() -> missing(name));
    }

    private static RuntimeException missing(String name) {
        return IMPORT_NOT_FOUND.because("%s: no such import (expected: one that CreateImport made)", name);
    }
}
