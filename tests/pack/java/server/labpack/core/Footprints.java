package labpack.core;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.StandardOpenOption;
import labpack.conf.ServerConf;
import labpack.log.Log;

/** The files that a running Carbon leaves in its home, beside those that have an owner here (real-run 4, carbon 1.9). */
final class Footprints {
    private static final String[] SOLR = {"solr.xml", "registry-indexing/core.properties",
        "registry-indexing/conf/schema.xml", "registry-indexing/conf/solrconfig.xml",
        "registry-indexing/conf/currency.xml", "registry-indexing/conf/elevate.xml",
        "registry-indexing/conf/mapping-ISOLatin1Accent.txt", "registry-indexing/conf/protwords.txt",
        "registry-indexing/conf/spellings.txt", "registry-indexing/conf/stopwords.txt",
        "registry-indexing/conf/stopwords_en.txt", "registry-indexing/conf/synonyms.txt"};

    private Footprints() {}

    static void early(ServerConf conf) {
        for (String name : SOLR) {
            once(conf, "repository/conf/solr/" + name, "lab pack: made at the first start\n");
        }
        once(conf, "solr/data/index/segments.gen", "\0\0\0\0");
        new File(conf.home, "lib/tomcat/conf/Catalina/localhost").mkdirs();
        new File(conf.home, "tmp/work").mkdirs();
        new File(conf.home, "repository/logs").mkdirs();
        line(conf, "repository/logs/audit.log", "start");
    }

    static void started(ServerConf conf) throws Exception {
        String ip = ServerConf.localAddress();
        once(conf, "repository/data/" + ip + ".tm1.epoch", "1");
        once(conf, "repository/data/tmlog1.log", "");
        once(conf, "repository/logs/tm.out", "");
        once(conf, "repository/logs/http_access_management_console_.log", "");
    }

    static void stopped() {
        try {
            line(ServerConf.get(), "repository/logs/audit.log", "stop");
        } catch (Exception e) {
            System.out.println("cannot write the audit log: " + e);
        }
    }

    private static void once(ServerConf conf, String path, String content) {
        File file = new File(conf.home, path);
        if (file.exists()) {
            return;
        }
        try {
            file.getParentFile().mkdirs();
            Files.write(file.toPath(), content.getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            Log.warn("org.wso2.carbon.core.internal.CarbonCoreActivator", "Cannot write " + file + ": " + e);
        }
    }

    private static void line(ServerConf conf, String path, String text) {
        try {
            Files.write(new File(conf.home, path).toPath(),
                    (System.currentTimeMillis() + " " + text + "\n").getBytes(StandardCharsets.UTF_8),
                    StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException e) {
            Log.warn("org.wso2.carbon.core.internal.CarbonCoreActivator", "Cannot write " + path + ": " + e);
        }
    }
}
