package io.maru.cli.run;

import io.maru.checkpoint.v1.FindModelFilesRequest;
import io.maru.checkpoint.v1.ModelFile;
import io.maru.checkpoint.v1.UploadModelFileRequest;
import io.maru.cli.Output;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Sends the files of a model to checkpoint, those that it has not got already. */
public final class ModelUpload {
    private ModelUpload() {}

    /** @return what was told of each file, for the import that takes them */
    public static List<ModelFile> send(Services services, Map<String, Path> files, Output output) {
        Map<ModelFile, Path> described = new LinkedHashMap<>();
        files.forEach((name, path) -> described.put(ModelFiles.describe(name, path), path));
        List<ModelFile> there = services.checkpoint()
                .findModelFiles(FindModelFilesRequest.newBuilder()
                        .addAllFiles(described.keySet())
                        .build())
                .getFilesList();
        described.forEach((file, path) -> {
            if (!there.contains(file)) {
                send(services, file, path);
                output.say("uploaded %s: %,d bytes", file.getFileName(), file.getSize());
            }
        });
        return List.copyOf(described.keySet());
    }

    private static void send(Services services, ModelFile file, Path path) {
        FileSender<UploadModelFileRequest, ModelFile> sender = new FileSender<>(
                path,
                UploadModelFileRequest.newBuilder().setHeader(file).build(),
                chunk -> UploadModelFileRequest.newBuilder().setChunk(chunk).build());
        services.checkpointUpload().uploadModelFile(sender);
        sender.result("model");
    }
}
