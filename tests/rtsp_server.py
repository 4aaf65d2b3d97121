"""A real RTSP server, GStreamer's, driven through ctypes: ``rtsp_server.py [--user U --password P]``

Serves a test tone at ``/live`` on a free port of 127.0.0.1, prints the port, and runs until it is killed.
With a user, ``/live`` wants that login, Basic or Digest as the client likes. Run it with ``tools.env()``.
"""

from __future__ import annotations

import argparse
import ctypes
import os

import tools

ROLE = b"viewer"
BASIC, DIGEST = 1, 2
G_TYPE_STRING = 16 << 2
G_TYPE_BOOLEAN = 5 << 2
TONE = b"( audiotestsrc is-live=true ! audio/x-raw,rate=8000,channels=1,format=S16BE ! rtpL16pay name=pay0 )"


class Calls:
    """The functions of one library, every result a pointer unless said otherwise."""

    def __init__(self, soname: str) -> None:
        self._library = ctypes.CDLL(tools.library(soname), mode=ctypes.RTLD_GLOBAL)

    def __call__(self, name: str, *arguments: object, result: type | None = ctypes.c_void_p) -> int:
        function = self._library[name]
        function.restype = result
        return function(*arguments)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--user", default="")
    parser.add_argument("--password", default="")
    login = parser.parse_args()
    core, rtsp = Calls("libgstreamer-1.0.so.0"), Calls("libgstrtspserver-1.0.so.0")
    start_gstreamer(core)
    server = pointer(rtsp("gst_rtsp_server_new"))
    rtsp("gst_rtsp_server_set_address", server, b"127.0.0.1", result=None)
    rtsp("gst_rtsp_server_set_service", server, b"0", result=None)
    media = pointer(rtsp("gst_rtsp_media_factory_new"))
    rtsp("gst_rtsp_media_factory_set_launch", media, TONE, result=None)
    if login.user:
        demand_login(rtsp, server, media, login.user.encode(), login.password.encode())
    mounts = pointer(rtsp("gst_rtsp_server_get_mount_points", server))
    rtsp("gst_rtsp_mount_points_add_factory", mounts, b"/live", media, result=None)
    rtsp("gst_rtsp_server_attach", server, None, result=ctypes.c_uint)
    print(rtsp("gst_rtsp_server_get_bound_port", server, result=ctypes.c_int), flush=True)
    loop = pointer(core("g_main_loop_new", None, 0))
    core("g_main_loop_run", loop, result=None)


def start_gstreamer(core: Calls) -> None:
    """With the few plugins that a tone needs: a scan of all would complain of each that lacks a library."""
    os.environ.update(GST_PLUGIN_SYSTEM_PATH_1_0="", GST_PLUGIN_PATH_1_0="", GST_REGISTRY_1_0=os.devnull)
    core("gst_init", None, None, result=None)
    for name in tools.TOOLS["gstreamer"].plugins:
        if not core("gst_plugin_load_file", os.fsencode(tools.plugin(name)), None):
            raise SystemExit(f"GStreamer cannot load its plugin {name}")


def demand_login(
    rtsp: Calls, server: ctypes.c_void_p, media: ctypes.c_void_p, user: bytes, password: bytes
) -> None:
    """Only this login may see and play the media."""
    auth = pointer(rtsp("gst_rtsp_auth_new"))
    rtsp("gst_rtsp_auth_set_supported_methods", auth, BASIC | DIGEST, result=None)
    role = (b"media.factory.role", ctypes.c_size_t(G_TYPE_STRING), ROLE, None)
    token = pointer(rtsp("gst_rtsp_token_new", *role))
    rtsp("gst_rtsp_auth_add_digest", auth, user, password, token, result=None)
    basic = ctypes.c_char_p(rtsp("gst_rtsp_auth_make_basic", user, password))
    rtsp("gst_rtsp_auth_add_basic", auth, basic, token, result=None)
    rights = (b"media.factory.access", b"media.factory.construct")
    permissions = [piece for right in rights for piece in (right, ctypes.c_size_t(G_TYPE_BOOLEAN), 1)]
    rtsp("gst_rtsp_media_factory_add_role", media, ROLE, *permissions, None, result=None)
    rtsp("gst_rtsp_server_set_auth", server, auth, result=None)


def pointer(address: int) -> ctypes.c_void_p:
    """As a C pointer; a bare int would be cut to 32 bits on its way into the next call."""
    return ctypes.c_void_p(address)


if __name__ == "__main__":
    main()
