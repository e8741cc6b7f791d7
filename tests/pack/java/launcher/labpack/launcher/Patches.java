package labpack.launcher;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.StandardOpenOption;
import java.text.SimpleDateFormat;
import java.util.Date;

/** Leaves what the patch installer leaves when there are no patches (carbon 1.6, 1.9). */
final class Patches {
    private Patches() {}

    static void look(Home home) throws Exception {
        File meta = new File(home.components, "patches/.metadata");
        meta.mkdirs();
        for (String name : new String[] {"prePatchedDir.txt", "prePatchedJARs.txt"}) {
            Files.write(new File(meta, name).toPath(), new byte[0]);
        }
        File logs = new File(home.root, "repository/logs");
        logs.mkdirs();
        String now = new SimpleDateFormat("yyyy-MM-dd HH:mm:ss,SSS").format(new Date());
        StringBuilder text = new StringBuilder();
        for (String message : new String[] {"Checking for patch changes ...",
            "No new patch or service pack detected, server will start without applying patches "}) {
            text.append("[").append(now).append("]  INFO {org.wso2.carbon.server.util.PatchUtils} -  ")
                    .append(message).append('\n');
        }
        Files.write(new File(logs, "patches.log").toPath(), text.toString().getBytes("UTF-8"),
                StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }
}
